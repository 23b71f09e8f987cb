// SPDX-License-Identifier: Apache-2.0

// commands.go - Go's os/exec: pipes both ways, statuses, signals, environment, folder, time-outs, many at once. The programs
// that it starts are itself, under the words of their first argument.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

func child(words []string) {
	switch words[0] {
	case "cat":
		io.Copy(os.Stdout, os.Stdin)
	case "exit":
		status, _ := strconv.Atoi(words[1])
		fmt.Fprintln(os.Stderr, "ends with", status)
		os.Exit(status)
	case "env":
		fmt.Println(strings.Join(os.Environ(), " "))
	case "cwd":
		fmt.Println(os.Getwd())
	case "wait": // until somebody ends it
		fmt.Println("waits")
		time.Sleep(time.Minute)
	case "catch":
		caught := make(chan os.Signal, 1)
		signal.Notify(caught, syscall.SIGUSR1)
		fmt.Println("waits")
		fmt.Println("caught", <-caught)
	case "extra":
		text, err := io.ReadAll(os.NewFile(3, "extra"))
		fmt.Println(string(text), err)
	}
}

func command(words ...string) *exec.Cmd {
	return exec.Command("/proc/self/exe", words...)
}

func statuses() {
	for _, status := range []string{"0", "1", "77", "255"} {
		var stderr bytes.Buffer
		cmd := command("exit", status)
		cmd.Stderr = &stderr
		err := cmd.Run()
		fmt.Printf("%v %d %q\n", err, cmd.ProcessState.ExitCode(), stderr.String())
	}
	fmt.Println(exec.Command("/not/there").Run())
	fmt.Println(exec.Command("/proc").Run())
	_, err := exec.LookPath("not-there")
	fmt.Println(err, errors.Is(err, exec.ErrNotFound))
}

func pipes() {
	text := strings.Repeat("through both pipes\n", 20000)
	cmd := command("cat")
	cmd.Stdin = strings.NewReader(text)
	out, err := cmd.Output()
	fmt.Println(len(out), string(out) == text, err)
	cmd = command("cat")
	stdin, _ := cmd.StdinPipe()
	stdout, _ := cmd.StdoutPipe()
	fmt.Println(cmd.Start())
	answer := make([]byte, 16)
	for i := 0; i < 3; i++ {
		fmt.Fprintf(stdin, "question %d", i)
		n, err := stdout.Read(answer)
		fmt.Println(string(answer[:n]), err)
	}
	stdin.Close()
	n, err := stdout.Read(answer)
	fmt.Println(n, err, cmd.Wait())
	read, write, _ := os.Pipe()
	cmd = command("extra")
	cmd.ExtraFiles = []*os.File{read}
	write.WriteString("by descriptor 3")
	write.Close()
	out, err = cmd.CombinedOutput()
	fmt.Printf("%q %v\n", out, err)
}

func surroundings() {
	cmd := command("env")
	cmd.Env = []string{"A=1", "B=two words", "A=2"}
	out, err := cmd.Output()
	fmt.Printf("%q %v\n", out, err)
	cmd = command("cwd")
	cmd.Dir = "/proc"
	out, err = cmd.Output()
	fmt.Printf("%q %v\n", out, err)
	cmd = command("cwd")
	cmd.Dir = "/not/there"
	fmt.Println(cmd.Run())
}

// ended starts a child, waits for its first line and sends it a signal.
func ended(word string, number syscall.Signal) {
	cmd := command(word)
	stdout, _ := cmd.StdoutPipe()
	fmt.Println(cmd.Start())
	line := make([]byte, 6)
	io.ReadFull(stdout, line)
	fmt.Printf("%q %v ", line, cmd.Process.Signal(number))
	rest, _ := io.ReadAll(stdout)
	err := cmd.Wait()
	status := cmd.ProcessState.Sys().(syscall.WaitStatus)
	fmt.Printf("%q %v signaled %v %v; later: %v\n", rest, err, status.Signaled(), cmd.ProcessState.Exited(), cmd.Process.Signal(number))
}

func timeouts() {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	begin := time.Now()
	err := exec.CommandContext(ctx, "/proc/self/exe", "wait").Run()
	fmt.Println(err, ctx.Err(), time.Since(begin) < 30*time.Second)
	fmt.Println(exec.CommandContext(ctx, "/proc/self/exe", "wait").Run())
}

func many() {
	var group sync.WaitGroup
	var right [16]bool
	for i := range right {
		group.Add(1)
		go func(i int) {
			defer group.Done()
			text := strings.Repeat(strconv.Itoa(i), 5000)
			cmd := command("cat")
			cmd.Stdin = strings.NewReader(text)
			out, err := cmd.CombinedOutput()
			right[i] = err == nil && string(out) == text
		}(i)
	}
	group.Wait()
	fmt.Println(right)
}

func main() {
	if len(os.Args) > 1 {
		child(os.Args[1:])
		return
	}
	statuses()
	pipes()
	surroundings()
	ended("wait", syscall.SIGTERM)
	ended("wait", syscall.SIGKILL)
	ended("catch", syscall.SIGUSR1)
	timeouts()
	many()
}
