// Copyright: (c) 2026, telco.calico_bgp contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// Lab-kube runs etcd and kube-apiserver, the real ones, in one process.
//
//	lab-kube STATE_DIRECTORY ETCD_CLIENT_PORT ETCD_PEER_PORT [kube-apiserver flag ...]
//
// etcd listens on 127.0.0.1 at the two ports and keeps its data in STATE_DIRECTORY/etcd.
package main

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/component-base/cli"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() {
	if len(os.Args) < 4 {
		fail("usage: lab-kube STATE_DIRECTORY ETCD_CLIENT_PORT ETCD_PEER_PORT [kube-apiserver flag ...]")
	}
	client, peer := loopback(os.Args[2]), loopback(os.Args[3])
	etcd, err := embed.StartEtcd(etcdConfig(filepath.Join(os.Args[1], "etcd"), client, peer))
	if err != nil {
		fail("etcd: " + err.Error())
	}
	<-etcd.Server.ReadyNotify()
	os.Args = append([]string{"kube-apiserver", "--etcd-servers=" + client.String()}, os.Args[4:]...)
	os.Exit(cli.Run(app.NewAPIServerCommand()))
}

func etcdConfig(directory string, client, peer url.URL) *embed.Config {
	config := embed.NewConfig()
	config.Dir = directory
	config.UnsafeNoFsync = true // a lab's data need not survive a power cut
	config.LogLevel = "warn"
	config.WarningUnaryRequestDuration = embed.DefaultWarningUnaryRequestDuration
	config.ListenClientUrls, config.AdvertiseClientUrls = []url.URL{client}, []url.URL{client}
	config.ListenPeerUrls, config.AdvertisePeerUrls = []url.URL{peer}, []url.URL{peer}
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	return config
}

func loopback(port string) url.URL {
	return url.URL{Scheme: "http", Host: "127.0.0.1:" + port}
}

func fail(sentence string) {
	fmt.Fprintln(os.Stderr, "lab-kube: "+sentence)
	os.Exit(1)
}
