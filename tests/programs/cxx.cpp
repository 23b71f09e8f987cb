// SPDX-License-Identifier: Apache-2.0
// cxx.cpp - C++: exceptions across threads, std::thread, std::async, condition variables, call_once, thread_local.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <shared_mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

struct Noisy {
    std::string name;
    ~Noisy() { std::printf("~%s\n", name.c_str()); }
};

int thrower(int depth)
{
    Noisy noisy{"depth " + std::to_string(depth)};
    if (depth == 0)
        throw std::out_of_range("the bottom");
    return thrower(depth - 1) + 1;
}

void exceptions()
{
    try {
        thrower(3);
    } catch (const std::logic_error &error) {
        std::printf("caught %s\n", error.what());
    }
    try {
        (void)std::vector<int>().at(1);
    } catch (const std::exception &) {
        std::printf("caught another\n");
    }
    std::exception_ptr carried;
    std::thread([&] {
        try {
            thrower(1);
        } catch (...) {
            carried = std::current_exception();
        }
    }).join();
    try {
        std::rethrow_exception(carried);
    } catch (const std::out_of_range &error) {
        std::printf("carried over: %s\n", error.what());
    }
    // As many at the same time as there are threads.
    std::atomic<int> caught{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; i++)
        threads.emplace_back([&] {
            for (int n = 0; n < 200; n++)
                try {
                    throw n;
                } catch (int value) {
                    caught += value == n;
                }
        });
    for (auto &thread : threads)
        thread.join();
    std::printf("thrown and caught: %d\n", caught.load());
}

template <typename T> class Queue {
    std::mutex mutex;
    std::condition_variable filled, emptied;
    std::deque<T> items;

  public:
    void put(T item)
    {
        std::unique_lock lock(mutex);
        emptied.wait(lock, [this] { return items.size() < 4; });
        items.push_back(std::move(item));
        filled.notify_one();
    }
    T take()
    {
        std::unique_lock lock(mutex);
        filled.wait(lock, [this] { return !items.empty(); });
        T item = std::move(items.front());
        items.pop_front();
        emptied.notify_one();
        return item;
    }
};

void queues()
{
    Queue<std::unique_ptr<int>> queue;
    std::atomic<long> sum{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; i++)
        threads.emplace_back([&] {
            for (int n = 1; n <= 500; n++)
                queue.put(std::make_unique<int>(n));
        });
    for (int i = 0; i < 4; i++)
        threads.emplace_back([&] {
            for (int n = 0; n < 500; n++)
                sum += *queue.take();
        });
    for (auto &thread : threads)
        thread.join();
    std::printf("through the queue: %ld\n", sum.load());
}

void futures()
{
    std::vector<std::future<long>> parts;
    for (int i = 0; i < 6; i++)
        parts.push_back(std::async(std::launch::async, [i] {
            std::vector<long> numbers(10000);
            std::iota(numbers.begin(), numbers.end(), i * 10000L);
            return std::accumulate(numbers.begin(), numbers.end(), 0L);
        }));
    long sum = 0;
    for (auto &part : parts)
        sum += part.get();
    std::printf("async: %ld\n", sum);
    auto failing = std::async(std::launch::async, []() -> int { throw std::runtime_error("from async"); });
    try {
        failing.get();
    } catch (const std::runtime_error &error) {
        std::printf("async threw: %s\n", error.what());
    }
    std::promise<std::string> promise;
    auto future = promise.get_future();
    std::printf("not yet: %d\n", future.wait_for(std::chrono::milliseconds(1)) == std::future_status::timeout);
    std::thread thread([&] { promise.set_value("kept"); });
    std::printf("promise: %s\n", future.get().c_str());
    thread.join();
}

void others()
{
    static std::once_flag flag;
    static thread_local int local = 1;
    std::shared_mutex shared;
    std::map<int, int> seen;
    std::atomic<int> once{0}, wrong{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 6; i++)
        threads.emplace_back([&, i] {
            std::call_once(flag, [&] { once++; });
            wrong += local != 1;
            local = i;
            for (int n = 0; n < 100; n++) {
                if (n % 10 == i) {
                    std::unique_lock lock(shared);
                    seen[n]++;
                } else {
                    std::shared_lock lock(shared);
                    wrong += seen.size() > 100;
                }
            }
        });
    for (auto &thread : threads)
        thread.join();
    std::printf("once %d, wrong %d, seen %zu, local %d\n", once.load(), wrong.load(), seen.size(), local);
    std::timed_mutex timed;
    timed.lock();
    std::thread([&] { std::printf("timed: %d\n", timed.try_lock_for(std::chrono::milliseconds(5))); }).join();
    auto before = std::chrono::steady_clock::now();
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
    std::printf("slept: %d\n", std::chrono::steady_clock::now() - before >= std::chrono::milliseconds(3));
}

} // namespace

int main()
{
    exceptions();
    queues();
    futures();
    others();
    return 0;
}
