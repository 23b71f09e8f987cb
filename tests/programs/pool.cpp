// SPDX-License-Identifier: Apache-2.0
// pool.cpp - C++: pools of threads that take tasks from each other, tasks that wait for tasks, phases with a barrier, and
// pools that come and go.
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <functional>
#include <iterator>
#include <future>
#include <memory>
#include <mutex>
#include <numeric>
#include <random>
#include <thread>
#include <vector>

namespace {

constexpr unsigned WORKERS = 4;

// A queue a worker; who has nothing takes the oldest task of another one, and sleeps when nobody has one.
class Pool {
    struct Queue {
        std::mutex mutex;
        std::deque<std::function<void()>> tasks;
    };
    std::vector<std::unique_ptr<Queue>> queues;
    std::vector<std::thread> threads;
    std::mutex sleep_mutex;
    std::condition_variable changed;
    std::atomic<long> waiting{0};
    bool ends = false;
    std::atomic<unsigned> next{0};
    static thread_local unsigned self;

    bool take(unsigned from, bool newest, std::function<void()> &task)
    {
        Queue &queue = *queues[from];
        std::lock_guard lock(queue.mutex);
        if (queue.tasks.empty())
            return false;
        task = std::move(newest ? queue.tasks.back() : queue.tasks.front());
        if (newest)
            queue.tasks.pop_back();
        else
            queue.tasks.pop_front();
        waiting--;
        return true;
    }

    void work(unsigned number)
    {
        self = number;
        for (;;) {
            while (run_one())
                ;
            std::unique_lock lock(sleep_mutex);
            changed.wait(lock, [this] { return ends || waiting != 0; });
            if (ends && waiting == 0)
                return;
        }
    }

  public:
    explicit Pool(unsigned count)
    {
        for (unsigned i = 0; i < count; i++)
            queues.push_back(std::make_unique<Queue>());
        for (unsigned i = 0; i < count; i++)
            threads.emplace_back([this, i] { work(i); });
    }
    ~Pool()
    {
        {
            std::lock_guard lock(sleep_mutex);
            ends = true;
        }
        changed.notify_all();
        for (auto &thread : threads)
            thread.join();
    }

    bool run_one()
    {
        std::function<void()> task;
        unsigned count = static_cast<unsigned>(queues.size()), first = self < count ? self : 0;
        bool has = take(first, true, task);
        for (unsigned i = 1; !has && i < count; i++)
            has = take((first + i) % count, false, task);
        if (has)
            task();
        return has;
    }

    template <typename F> auto submit(F body)
    {
        auto task = std::make_shared<std::packaged_task<decltype(body())()>>(std::move(body));
        auto future = task->get_future();
        unsigned count = static_cast<unsigned>(queues.size()), to = self < count ? self : next++ % count;
        {
            std::lock_guard lock(queues[to]->mutex);
            queues[to]->tasks.emplace_back([task] { (*task)(); });
            waiting++;
        }
        {
            std::lock_guard lock(sleep_mutex); // whoever is about to sleep has seen it, or is woken
        }
        changed.notify_one();
        return future;
    }

    // Runs others' tasks meanwhile, as a worker that slept here might be the one that it waits for.
    template <typename T> T wait(std::future<T> future)
    {
        while (future.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
            if (!run_one())
                std::this_thread::yield();
        return future.get();
    }
};
thread_local unsigned Pool::self = ~0u;

void many_small(Pool &pool)
{
    std::vector<std::future<long>> parts;
    for (long i = 0; i < 3000; i++)
        parts.push_back(pool.submit([i] { return i * i % 7; }));
    long sum = 0;
    for (auto &part : parts)
        sum += part.get();
    std::printf("small tasks: %ld\n", sum);
}

long leaves(Pool &pool, int depth)
{
    if (depth == 0)
        return 1;
    auto left = pool.submit([&pool, depth] { return leaves(pool, depth - 1); });
    long right = leaves(pool, depth - 1);
    return right + pool.wait(std::move(left));
}

void sort_range(Pool &pool, std::vector<uint32_t> &numbers, size_t begin, size_t end)
{
    auto at = [&numbers](size_t i) { return numbers.begin() + static_cast<long>(i); };
    if (end - begin < 4000) {
        std::sort(at(begin), at(end));
        return;
    }
    size_t middle = begin + (end - begin) / 2;
    auto left = pool.submit([&pool, &numbers, begin, middle] { sort_range(pool, numbers, begin, middle); });
    sort_range(pool, numbers, middle, end);
    pool.wait(std::move(left));
    std::vector<uint32_t> merged; /* inplace_merge would use what is deprecated, which clang tells of */
    merged.reserve(end - begin);
    std::merge(at(begin), at(middle), at(middle), at(end), std::back_inserter(merged));
    std::copy(merged.begin(), merged.end(), at(begin));
}

void sorted(Pool &pool)
{
    std::vector<uint32_t> numbers(120000);
    std::mt19937 random(5);
    std::generate(numbers.begin(), numbers.end(), [&random] { return static_cast<uint32_t>(random()); });
    sort_range(pool, numbers, 0, numbers.size());
    std::printf("sorted: %d, from %u to %u\n", std::is_sorted(numbers.begin(), numbers.end()), numbers.front(), numbers.back());
}

class Barrier {
    std::mutex mutex;
    std::condition_variable opened;
    unsigned arrived = 0, phase = 0;

  public:
    void wait()
    {
        std::unique_lock lock(mutex);
        unsigned mine = phase;
        if (++arrived == WORKERS) {
            arrived = 0;
            phase++;
            opened.notify_all();
        } else {
            opened.wait(lock, [this, mine] { return phase != mine; });
        }
    }
};

// Each phase reads what the one before wrote, a part of which other threads did.
void phases()
{
    constexpr size_t SIZE = 4096;
    std::vector<uint32_t> cells[2] = {std::vector<uint32_t>(SIZE), std::vector<uint32_t>(SIZE)};
    std::iota(cells[0].begin(), cells[0].end(), 1u);
    Barrier barrier;
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < WORKERS; i++)
        threads.emplace_back([&cells, &barrier, i] {
            for (unsigned phase = 0; phase < 200; phase++) {
                const auto &from = cells[phase % 2];
                auto &to = cells[(phase + 1) % 2];
                for (size_t n = i; n < SIZE; n += WORKERS)
                    to[n] = from[(n + SIZE - 1) % SIZE] * 31 + from[n] + from[(n + 1) % SIZE];
                barrier.wait();
            }
        });
    for (auto &thread : threads)
        thread.join();
    std::printf("phases: %u\n", std::accumulate(cells[0].begin(), cells[0].end(), 0u));
}

void come_and_go()
{
    long sum = 0;
    for (int i = 0; i < 40; i++) {
        Pool pool(1 + static_cast<unsigned>(i) % 6);
        std::vector<std::future<int>> parts;
        for (int n = 0; n < 10; n++)
            parts.push_back(pool.submit([n] { return n; }));
        for (auto &part : parts)
            sum += part.get();
        pool.submit([] {}); // which it does before it ends
    }
    std::printf("forty pools: %ld\n", sum);
}

} // namespace

int main()
{
    {
        Pool pool(WORKERS);
        many_small(pool);
        std::printf("leaves: %ld\n", pool.submit([&pool] { return leaves(pool, 10); }).get());
        sorted(pool);
    }
    phases();
    come_and_go();
    return 0;
}
