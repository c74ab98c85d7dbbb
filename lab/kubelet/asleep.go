// Copyright: (c) 2026, telco.calico_bgp contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
)

// room is where a pod's commands run: a command line that leads into a node, or, for a node that sleeps, what its
// birdcl prints after each question. Thousands of nodes that sleep need no process of their own.
type room struct {
	line   []string
	said   map[string][]span
	lost   map[string][]span // in place of `said`, where the node has lost its routes
	asleep bool
}

// span is a part of the file `asleep`, from one byte to before another: nodes share most of what they say.
type span [2]int

func (r *room) UnmarshalJSON(data []byte) error {
	if data[0] == '[' {
		return json.Unmarshal(data, &r.line)
	}
	var told struct {
		Said map[string][]span `json:"said"`
		Lost map[string][]span `json:"lost"`
	}
	r.asleep = true
	err := json.Unmarshal(data, &told)
	r.said, r.lost = told.Said, told.Lost
	return err
}

// piece is what a runtime passes on at once of what a program prints.
const piece = 32 << 10

// birdclAsleep prints what birdcl would, until its standard input ends.
func (r runner) birdclAsleep(pod string, in io.Reader, out io.Writer) error {
	if _, err := io.WriteString(out, "0001 BIRD 1.6.8 ready.\n0016 Access restricted\nbird> "); err != nil {
		return err
	}
	questions := bufio.NewScanner(in)
	for questions.Scan() {
		printed := []io.Reader{bytes.NewReader(append(questions.Bytes(), '\n'))}
		for _, each := range r.answer(pod, questions.Text()) {
			printed = append(printed, bytes.NewReader(r.texts[each[0]:each[1]]))
		}
		printed = append(printed, bytes.NewReader([]byte("bird> ")))
		// Without the reader's own WriteTo, which would give all of it at once.
		whole := struct{ io.Reader }{bufio.NewReaderSize(io.MultiReader(printed...), piece)}
		if _, err := io.CopyBuffer(struct{ io.Writer }{out}, whole, make([]byte, piece)); err != nil {
			return err
		}
	}
	return questions.Err()
}

func (r runner) answer(pod, question string) []span {
	r.lock.Lock()
	defer r.lock.Unlock()
	if r.faults[pod].Lost {
		if found, ok := r.room.lost[question]; ok {
			return found
		}
	}
	return r.room.said[question]
}

// readAsleep gives what nodes that sleep say, nothing where there is no such file.
func readAsleep(directory string) []byte {
	text, err := os.ReadFile(filepath.Join(directory, "asleep"))
	if err != nil && !os.IsNotExist(err) {
		fail(err.Error())
	}
	return text
}
