// SPDX-License-Identifier: Apache-2.0

// goroutines.go - Go: goroutines, channels, select, timers, mutexes, the garbage collector under load, panics, on more
// threads than there are CPUs.
package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

func sieve(count int) (primes []int) {
	numbers := make(chan int)
	go func(out chan int) {
		for i := 2; ; i++ {
			out <- i
		}
	}(numbers)
	for len(primes) < count {
		prime := <-numbers
		primes = append(primes, prime)
		rest := make(chan int)
		go func(in chan int) {
			for n := range in {
				if n%prime != 0 {
					rest <- n
				}
			}
		}(numbers)
		numbers = rest
	}
	return
}

func pool() int64 {
	var sum int64
	var group sync.WaitGroup
	jobs := make(chan int64, 16)
	for i := 0; i < 8; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for job := range jobs {
				atomic.AddInt64(&sum, job*job)
			}
		}()
	}
	for i := int64(0); i < 5000; i++ {
		jobs <- i
	}
	close(jobs)
	group.Wait()
	return sum
}

func timers() {
	begin := time.Now()
	ticker := time.NewTicker(2 * time.Millisecond)
	for i := 0; i < 5; i++ {
		<-ticker.C
	}
	ticker.Stop()
	fmt.Println("five ticks took long enough:", time.Since(begin) >= 10*time.Millisecond)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond)
	defer cancel()
	select {
	case <-ctx.Done():
		fmt.Println("context:", ctx.Err())
	case <-time.After(time.Minute):
		fmt.Println("the context was forgotten")
	}
	var fired int32
	done := make(chan bool)
	for i := 0; i < 50; i++ {
		time.AfterFunc(time.Duration(i%5)*time.Millisecond, func() {
			if atomic.AddInt32(&fired, 1) == 50 {
				close(done)
			}
		})
	}
	<-done
	fmt.Println("fired:", fired)
}

type node struct {
	left, right *node
	data        [4]int
}

func tree(depth int) *node {
	if depth == 0 {
		return &node{}
	}
	return &node{left: tree(depth - 1), right: tree(depth - 1)}
}

func (n *node) count() int {
	if n == nil {
		return 0
	}
	return 1 + n.left.count() + n.right.count()
}

func garbage() {
	var group sync.WaitGroup
	counts := make([]int, 4)
	debug.SetGCPercent(20)
	for i := range counts {
		group.Add(1)
		go func(i int) {
			defer group.Done()
			kept := tree(10)
			for n := 0; n < 12; n++ {
				counts[i] += tree(9).count()
			}
			counts[i] += kept.count()
		}(i)
	}
	group.Wait()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	fmt.Println("trees:", counts, "collected more than once:", stats.NumGC > 1)
}

// Goroutines that never call anything are preempted, by signals.
func preemption() {
	var stop int32
	runtime.GOMAXPROCS(1)
	go func() {
		time.Sleep(2 * time.Millisecond)
		atomic.StoreInt32(&stop, 1)
	}()
	spins := 0
	for atomic.LoadInt32(&stop) == 0 {
		spins++
	}
	runtime.GOMAXPROCS(4)
	fmt.Println("preempted:", spins > 0)
}

func recovered() (text string) {
	defer func() { text = fmt.Sprint(recover()) }()
	var nothing *node
	return fmt.Sprint(nothing.data[1])
}

func locked() int {
	var mutex sync.RWMutex
	var group sync.WaitGroup
	seen := map[int]int{}
	for i := 0; i < 10; i++ {
		group.Add(1)
		go func(i int) {
			defer group.Done()
			runtime.LockOSThread()
			for n := 0; n < 100; n++ {
				mutex.Lock()
				seen[n%7*10+i]++
				mutex.Unlock()
				mutex.RLock()
				_ = seen[n]
				mutex.RUnlock()
			}
		}(i)
	}
	group.Wait()
	return len(seen)
}

func main() {
	runtime.GOMAXPROCS(4)
	fmt.Println("primes:", sieve(60)[59])
	fmt.Println("pool:", pool())
	timers()
	garbage()
	preemption()
	fmt.Println("recovered:", recovered())
	fmt.Println("locked:", locked())
	words := strings.Fields("the quick brown fox jumps over the lazy dog")
	sort.Strings(words)
	fmt.Println(words)
	if err := os.WriteFile("go.txt", []byte(strings.Join(words, "\n")), 0o600); err != nil {
		fmt.Println(err)
	}
	bytes, err := os.ReadFile("go.txt")
	fmt.Println(len(bytes), err)
	_, err = os.Open("missing.txt")
	fmt.Println(err)
}
