// SPDX-License-Identifier: Apache-2.0

// inside.go - runs, in the tree that run.sh made, the tests of the packages that it is told, each in the package's folder.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
)

func main() {
	for _, name := range os.Args[1:] {
		fmt.Println("@@", name)
		cmd := exec.Command("/tests/"+strings.ReplaceAll(name, "/", "_")+".test", "-test.v", "-test.short", "-test.timeout=5m")
		cmd.Dir = "/go/src/" + name
		cmd.Env = []string{"PATH=/bin", "HOME=/", "PWD=" + cmd.Dir}
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stdout
		err := cmd.Run()
		fmt.Printf("\n@@ ended %v\n", err)
	}
}
