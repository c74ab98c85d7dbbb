// Copyright: (c) 2026, telco.calico_bgp contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// Lab-kube runs etcd and kube-apiserver, the real ones, in one process.
//
//	lab-kube ETCD_CLIENT_SOCKET ETCD_PEER_SOCKET [kube-apiserver flag ...]
//
// Both sockets are names of files in the current directory, as NAME:NUMBER. etcd asks nobody who he is: the
// directory has to be its owner's alone. etcd keeps its data in the directory etcd there.
package main

import (
	"fmt"
	"net/url"
	"os"

	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/component-base/cli"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() {
	if len(os.Args) < 3 {
		fail("usage: lab-kube ETCD_CLIENT_SOCKET ETCD_PEER_SOCKET [kube-apiserver flag ...]")
	}
	client, peer := socket(os.Args[1]), socket(os.Args[2])
	etcd, err := embed.StartEtcd(etcdConfig("etcd", client, peer))
	if err != nil {
		fail("etcd: " + err.Error())
	}
	<-etcd.Server.ReadyNotify()
	os.Args = append([]string{"kube-apiserver", "--etcd-servers=" + client.String()}, os.Args[3:]...)
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

func socket(name string) url.URL {
	return url.URL{Scheme: "unix", Host: name}
}

func fail(sentence string) {
	fmt.Fprintln(os.Stderr, "lab-kube: "+sentence)
	os.Exit(1)
}
