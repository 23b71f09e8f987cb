// SPDX-License-Identifier: Apache-2.0
// openmp.cpp - the pool of threads of GCC's own library, libgomp: loops, reductions, tasks, barriers, teams in teams, and the
// sort of libstdc++ on them. Its threads spin before they sleep.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <numeric>
#include <omp.h>
#include <parallel/algorithm>
#include <random>
#include <vector>

namespace {

constexpr int TEAM = 4;

long fibonacci(int n)
{
    long left, right;

    if (n < 2)
        return n;
#pragma omp task shared(left) if (n > 8)
    left = fibonacci(n - 1);
    right = fibonacci(n - 2);
#pragma omp taskwait
    return left + right;
}

void loops()
{
    long sum = 0, most = 0;
    std::vector<int> seen(TEAM);

#pragma omp parallel for reduction(+ : sum) reduction(max : most) schedule(dynamic, 7)
    for (long i = 0; i < 20000; i++) {
        sum += i % 13;
        most = std::max(most, i * 7919 % 10007);
    }
#pragma omp parallel
    {
#pragma omp critical
        seen[static_cast<size_t>(omp_get_thread_num())]++;
    }
    std::printf("loop: %ld, %ld, a team of %d\n", sum, most, std::accumulate(seen.begin(), seen.end(), 0));
    // A short one again and again: who waits for the next is woken.
    long rounds = 0;
    for (int i = 0; i < 300; i++) {
#pragma omp parallel for reduction(+ : rounds)
        for (int n = 0; n < TEAM; n++)
            rounds += n;
    }
    std::printf("rounds: %ld\n", rounds);
}

void barriers()
{
    constexpr int SIZE = 1024;
    std::vector<uint32_t> cells[2] = {std::vector<uint32_t>(SIZE, 1), std::vector<uint32_t>(SIZE)};

#pragma omp parallel
    for (int phase = 0; phase < 100; phase++) {
        const auto &from = cells[phase % 2];
        auto &to = cells[(phase + 1) % 2];
#pragma omp for
        for (int n = 0; n < SIZE; n++)
            to[static_cast<size_t>(n)] = from[static_cast<size_t>((n + SIZE - 1) % SIZE)] * 5 + static_cast<uint32_t>(n);
    }
    std::printf("barriers: %u\n", std::accumulate(cells[0].begin(), cells[0].end(), 0u));
}

void nested()
{
    int count = 0;

    omp_set_max_active_levels(2);
#pragma omp parallel num_threads(3)
    {
#pragma omp parallel num_threads(2)
        {
#pragma omp atomic
            count++;
        }
    }
    std::printf("teams in a team: %d\n", count);
}

} // namespace

int main()
{
    long result = 0;

    omp_set_dynamic(0);
    omp_set_num_threads(TEAM);
    loops();
    barriers();
#pragma omp parallel
#pragma omp single
    result = fibonacci(18);
    std::printf("tasks: %ld\n", result);
    nested();
    std::vector<uint32_t> numbers(100000);
    std::mt19937 random(9);
    std::generate(numbers.begin(), numbers.end(), [&random] { return static_cast<uint32_t>(random()); });
    __gnu_parallel::sort(numbers.begin(), numbers.end(), __gnu_parallel::multiway_mergesort_tag(TEAM));
    std::printf("sorted: %d, from %u to %u\n", std::is_sorted(numbers.begin(), numbers.end()), numbers.front(), numbers.back());
    return 0;
}
