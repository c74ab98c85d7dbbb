// Copyright: (c) 2026, telco.calico_bgp contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"regexp"
	"strings"
	"syscall"
)

// client is birdcl of BIRD 1.6 as it is without a terminal (BIRD: client/client.c, client/birdcl.c): a prompt that
// ends no line, an echo of each command, reply codes with -v, nothing of code 0000, five blanks before a line that
// goes on.
type client struct {
	out        *bufio.Writer
	server     net.Conn
	verbose    bool
	restricted bool
	command    string
	once       bool
	busy       bool
}

var reply = regexp.MustCompile(`^(\d{4})([ -])(.*)$`)

func birdcl(arguments []string) {
	flags := flag.NewFlagSet("birdcl", flag.ExitOnError)
	path := flags.String("s", "/run/bird/bird.ctl", "control socket")
	verbose := flags.Bool("v", false, "reply codes")
	restricted := flags.Bool("r", false, "only read")
	_ = flags.Parse(arguments)
	server, err := net.Dial("unix", *path)
	c := client{bufio.NewWriter(os.Stdout), server, *verbose, *restricted, strings.Join(flags.Args(), " "),
		flags.NArg() > 0, true}
	if err != nil {
		var number syscall.Errno
		errors.As(err, &number)
		said := number.Error()
		c.die(fmt.Sprintf("Unable to connect to server control socket (%s): %s%s", *path,
			strings.ToUpper(said[:1]), said[1:]))
	}
	lines, keys := make(chan string), make(chan []byte)
	go c.listen(lines)
	go read(keys)
	c.work(lines, keys)
}

func (c *client) work(lines <-chan string, keys <-chan []byte) {
	var typed []byte
	for {
		var free <-chan []byte
		if c.next() {
			free = keys
		}
		select {
		case line, ok := <-lines:
			if !ok {
				c.die("Connection closed by server")
			}
			c.got(line)
		case piece, ok := <-free:
			if !ok {
				c.end("\n", 0)
			}
			// As behind select(2) and fgets(3): a second line of one piece waits for the next piece.
			typed = append(typed, piece...)
			line, rest, whole := bytes.Cut(typed, []byte("\n"))
			if whole {
				typed = rest
				fmt.Fprintln(c.out, string(line))
				c.submit(string(line))
			}
		}
	}
}

// next begins what is to be done where BIRD has answered; whether that is to take a command.
func (c *client) next() bool {
	switch {
	case c.busy:
	case c.restricted:
		c.restricted = false
		c.submit("restrict")
	case c.command != "":
		command := c.command
		c.command = ""
		c.submit(command)
	case c.once:
		c.end("", 0)
	default:
		fmt.Fprint(c.out, "bird> ")
		_ = c.out.Flush()
		return true
	}
	return false
}

func (c *client) submit(command string) {
	if strings.TrimSpace(command) == "" {
		return
	}
	c.busy = true
	if _, err := fmt.Fprintln(c.server, command); err != nil {
		c.die("Server write error")
	}
}

func (c *client) got(line string) {
	found := reply.FindStringSubmatch(line)
	blanks := ""
	if c.verbose {
		blanks = "     "
	}
	switch {
	case strings.HasPrefix(line, "+"):
		fmt.Fprintf(c.out, ">>> %s\n", line[1:])
	case strings.HasPrefix(line, " "):
		fmt.Fprintf(c.out, "%s%s\n", blanks, line[1:])
	case found == nil:
		fmt.Fprintf(c.out, "??? <%s>\n", line)
	default:
		if found[1] != "0000" && c.verbose {
			fmt.Fprintln(c.out, line)
		} else if found[1] != "0000" {
			fmt.Fprintln(c.out, found[3])
		}
		c.busy = found[2] != " "
	}
}

func (c *client) listen(lines chan<- string) {
	defer close(lines)
	scanner := bufio.NewScanner(c.server)
	for scanner.Scan() {
		lines <- scanner.Text()
	}
}

func read(keys chan<- []byte) {
	defer close(keys)
	for {
		piece := make([]byte, 4096)
		count, err := os.Stdin.Read(piece)
		if count > 0 {
			keys <- piece[:count]
		}
		if err != nil {
			return
		}
	}
}

func (c *client) end(last string, status int) {
	fmt.Fprint(c.out, last)
	_ = c.out.Flush()
	os.Exit(status)
}

func (c *client) die(sentence string) {
	fmt.Fprintln(os.Stderr, sentence)
	c.end("", 1)
}
