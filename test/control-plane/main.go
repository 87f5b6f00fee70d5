// Command control-plane is kube-apiserver, kube-controller-manager, etcd and
// kubectl in one binary, for tests that need a real Kubernetes API server.
//
// It is the program that its own name says, or else the one that its first
// argument says:
//
//	control-plane kube-apiserver --version
//	ln -s control-plane kubectl && ./kubectl version --client
package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	program, args := selectProgram(os.Args)
	if program == nil {
		fmt.Fprintf(os.Stderr, "usage: %s <%s> [argument...]\n",
			filepath.Base(os.Args[0]), strings.Join(slices.Sorted(maps.Keys(programs)), "|"))
		os.Exit(2)
	}
	// The programs read os.Args themselves, most of them through cobra.
	os.Args = args
	os.Exit(program())
}

// selectProgram finds the program that the command line asks for, and the
// command line as that program is to see it. The program is nil if there is none.
func selectProgram(commandLine []string) (program, []string) {
	if found, ok := programs[programName(commandLine[0])]; ok {
		return found, commandLine
	}
	if len(commandLine) > 1 {
		return programs[programName(commandLine[1])], commandLine[1:]
	}
	return nil, nil
}

func programName(path string) string {
	return strings.TrimSuffix(filepath.Base(path), ".exe")
}
