// SPDX-License-Identifier: Apache-2.0

// inside.go - runs, in the tree that run.sh made, the tests of the packages that it is told, each in the package's folder. PACKAGE,TEST
// is all of them but that one, PACKAGE:TEST,TEST only those. A word that begins with - is one more argument of each.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// run runs the tests of a package with these arguments.
func run(name string, args ...string) *exec.Cmd {
	cmd := exec.Command("/tests/"+strings.ReplaceAll(name, "/", "_")+".test", args...)
	cmd.Dir = "/go/src/" + name
	cmd.Env = []string{"PATH=/bin", "HOME=/", "PWD=" + cmd.Dir}
	return cmd
}

// allBut gives the expression of all tests of a package that are not left out, which -test.run can't say itself.
func allBut(name string, out []string) string {
	list, err := run(name, "-test.list=.").Output()
	if err != nil {
		fmt.Println("@@ no list of tests:", err)
	}
	names := []string{}
	for _, test := range strings.Fields(string(list)) {
		left := false
		for _, one := range out {
			left = left || test == one
		}
		if !left {
			names = append(names, test)
		}
	}
	return "^(" + strings.Join(names, "|") + ")$"
}

func main() {
	args := []string{"-test.v", "-test.short", "-test.timeout=5m"}
	for _, what := range os.Args[1:] {
		if strings.HasPrefix(what, "-") {
			args = append(args, what)
			continue
		}
		fmt.Println("@@", what)
		name, tests := what, args
		if words := strings.Split(what, ":"); len(words) > 1 {
			name, tests = words[0], append(tests, "-test.run=^("+strings.ReplaceAll(words[1], ",", "|")+")$")
		} else if words := strings.Split(what, ","); len(words) > 1 {
			name, tests = words[0], append(tests, "-test.run="+allBut(words[0], words[1:]))
		}
		cmd := run(name, tests...)
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stdout
		err := cmd.Run()
		fmt.Printf("\n@@ ended %v\n", err)
	}
}
