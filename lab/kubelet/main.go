// Copyright: (c) 2026, telco.calico_bgp contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// Lab-kubelet is what the API server finds on every node of the lab: the exec endpoint of a kubelet, with the
// library that containerd serves it with. Called birdcl, it is BIRD's light client, which Debian does not ship.
//
//	lab-kubelet DIRECTORY
//
// DIRECTORY has kubelet.crt, kubelet.key and ca.crt; who has no certificate of that authority is turned away.
// It listens at a free port of 127.0.0.1 and prints it. The first line of standard input is a JSON object, by pod
// the command line that leads into it, or what it prints where its node sleeps (asleep.go); each line after it is an object of the faults there are now, by pod, and is
// answered with an empty line. It ends with its standard input.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	streaming "k8s.io/cri-streaming/pkg/streaming/remotecommand"
	utilexec "k8s.io/utils/exec"
)

const (
	container = "calico-node"
	idle      = 4 * time.Hour // a kubelet's streamingConnectionIdleTimeout
	creation  = 30 * time.Second
)

func main() {
	if filepath.Base(os.Args[0]) == "birdcl" {
		birdcl(os.Args[1:])
		return
	}
	if len(os.Args) != 2 {
		fail("usage: lab-kubelet DIRECTORY")
	}
	orders := json.NewDecoder(bufio.NewReader(os.Stdin))
	k := &kubelet{changed: make(chan struct{}), texts: readAsleep(os.Args[1])}
	if err := orders.Decode(&k.rooms); err != nil {
		fail("the pods: " + err.Error())
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fail(err.Error())
	}
	server := http.Server{Handler: k, TLSConfig: identity(os.Args[1]), ConnContext: remember}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	go func() { fail(server.ServeTLS(listener, "", "").Error()) }()
	for {
		var faults map[string]fault
		if err := orders.Decode(&faults); err != nil {
			return
		}
		k.set(faults)
		fmt.Println()
	}
}

// fault is what is wrong with one pod's kubelet.
type fault struct {
	Silent  bool `json:"silent"`  // nothing is answered, and what runs says no more
	Refused bool `json:"refused"` // 403
	Cut     int  `json:"cut"`     // bytes after which a session's connection breaks, 0 for never
	Delay   int  `json:"delay"`   // milliseconds before each piece of output
	Lost    bool `json:"lost"`    // a node that sleeps has lost its routes
}

type kubelet struct {
	rooms   map[string]room
	texts   []byte // what nodes that sleep say, their spans are of it
	lock    sync.Mutex
	faults  map[string]fault
	changed chan struct{} // closed when the faults are others
}

func (k *kubelet) set(faults map[string]fault) {
	k.lock.Lock()
	defer k.lock.Unlock()
	k.faults = faults
	close(k.changed)
	k.changed = make(chan struct{})
}

// loud gives the pod's fault once it is not silent; false where the context ends before.
func (k *kubelet) loud(ctx context.Context, pod string) (fault, bool) {
	for {
		k.lock.Lock()
		found, changed := k.faults[pod], k.changed
		k.lock.Unlock()
		if !found.Silent {
			return found, true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return found, false
		}
	}
}

func (k *kubelet) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	words := strings.Split(strings.Trim(req.URL.Path, "/"), "/")
	if len(words) != 4 || words[0] != "exec" {
		http.NotFound(w, req)
		return
	}
	pod := words[2]
	wrong, ok := k.loud(req.Context(), pod)
	room, known := k.rooms[pod]
	switch {
	case !ok:
	case wrong.Refused:
		http.Error(w, "Forbidden (user=kube-apiserver-kubelet-client, verb=create, resource=nodes, subresource=proxy)",
			http.StatusForbidden)
	case !known || words[3] != container:
		http.Error(w, "pod or container does not exist", http.StatusNotFound)
	default:
		options, err := streaming.NewOptions(req)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		streaming.ServeExec(w, req, runner{k, room}, pod, "", container, req.URL.Query()["command"], options,
			idle, creation, streaming.SupportedStreamingProtocols)
	}
}

type runner struct {
	*kubelet
	room room
}

// ExecInContainer runs one command to its end; whoever asked is gone when its standard input ends.
func (r runner) ExecInContainer(ctx context.Context, pod, _, _ string, command []string,
	in io.Reader, out, errs io.WriteCloser, _ bool, _ <-chan streaming.TerminalSize, _ time.Duration) error {
	if r.room.asleep {
		return r.birdclAsleep(pod, in, &mouth{r.kubelet, ctx, pod, out, 0})
	}
	line := append(append([]string{}, r.room.line...), command...)
	child := exec.Command(line[0], line[1:]...)
	if out != nil {
		child.Stdout = &mouth{r.kubelet, ctx, pod, out, 0}
	}
	if errs != nil {
		child.Stderr = errs
	}
	if in != nil {
		pipe, err := child.StdinPipe()
		if err != nil {
			return err
		}
		go func() {
			_, _ = io.Copy(pipe, in)
			_ = pipe.Close()
		}()
	}
	err := child.Run()
	var ended *exec.ExitError
	if errors.As(err, &ended) && ended.Exited() {
		return utilexec.CodeExitError{Err: err, Code: ended.ExitCode()}
	}
	return err
}

// mouth is the output of one session, with what is wrong with its kubelet.
type mouth struct {
	*kubelet
	ctx  context.Context
	pod  string
	to   io.Writer
	said int
}

func (m *mouth) Write(piece []byte) (int, error) {
	wrong, ok := m.loud(m.ctx, m.pod)
	if !ok {
		return 0, m.ctx.Err()
	}
	time.Sleep(time.Duration(wrong.Delay) * time.Millisecond)
	if wrong.Cut > 0 && m.said+len(piece) > wrong.Cut {
		_, _ = m.to.Write(piece[:max(wrong.Cut-m.said, 0)])
		time.Sleep(100 * time.Millisecond) // what was said before is to arrive
		_ = m.ctx.Value(connection{}).(net.Conn).Close()
		return 0, net.ErrClosed
	}
	m.said += len(piece)
	return m.to.Write(piece)
}

type connection struct{}

func remember(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connection{}, c)
}

func identity(directory string) *tls.Config {
	at := func(name string) string { return filepath.Join(directory, name) }
	own, err := tls.LoadX509KeyPair(at("kubelet.crt"), at("kubelet.key"))
	if err != nil {
		fail(err.Error())
	}
	authority, err := os.ReadFile(at("ca.crt"))
	if err != nil {
		fail(err.Error())
	}
	clients := x509.NewCertPool()
	clients.AppendCertsFromPEM(authority)
	return &tls.Config{
		Certificates: []tls.Certificate{own}, ClientCAs: clients, ClientAuth: tls.RequireAndVerifyClientCert,
	}
}

func fail(sentence string) {
	fmt.Fprintln(os.Stderr, "lab-kubelet: "+sentence)
	os.Exit(1)
}
