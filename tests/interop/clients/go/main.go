// main franz|sarama write BROKER FILE TOPIC=CODEC.. | read BROKER TOPIC.. | group BROKER TOPIC GROUP
// | member BROKER GROUP TOPIC ASSIGNOR (franz alone) | txn BROKER TOPIC GROUP
// | shim BROKER (sarama alone: for the tests of its own)
package main

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"
)

type header struct {
	name  string
	value []byte
}

type record struct {
	offset, ts int64
	key, value []byte
	headers    []header
}

// client is what a library must do: write all, read from the start to the end.
type client interface {
	write(topic, codec string, recs []record) error
	read(topic string, each func(record)) error
	// joins a group, until nothing comes any more
	group(topic, name string, each func(value []byte)) error
	// six transactions of two records and an offset, every other one aborted
	txn(topic, group string) error
}

func un(s string) []byte {
	if s == "-" {
		return nil
	}
	if s == "=" {
		return []byte{}
	}
	b, err := base64.StdEncoding.DecodeString(s)
	check(err)
	return b
}

func b(x []byte) string {
	if x == nil {
		return "-"
	}
	if len(x) == 0 {
		return "="
	}
	return base64.StdEncoding.EncodeToString(x)
}

func check(err error) {
	if err != nil {
		log.Fatal(os.Args[1], ": ", err)
	}
}

func load(path string) (recs []record) {
	data, err := os.ReadFile(path)
	check(err)
	for _, line := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
		p := strings.Split(line, "\t")
		ts, err := strconv.ParseInt(p[0], 10, 64)
		check(err)
		r := record{ts: ts, key: un(p[1]), value: un(p[2])}
		if p[3] != "." {
			for _, h := range strings.Split(p[3], ",") {
				nv := strings.Split(h, ":")
				r.headers = append(r.headers, header{string(un(nv[0])), un(nv[1])})
			}
		}
		recs = append(recs, r)
	}
	return recs
}

func show(out *bufio.Writer, topic string, r record) {
	var hs []string
	for _, h := range r.headers {
		hs = append(hs, b([]byte(h.name))+":"+b(h.value))
	}
	h := strings.Join(hs, ",")
	if h == "" {
		h = "."
	}
	fmt.Fprintf(out, "%s\t%d\t%d\t%s\t%s\t%s\n", topic, r.offset, r.ts, b(r.key), b(r.value), h)
}

func main() {
	library, verb, broker, rest := os.Args[1], os.Args[2], os.Args[3], os.Args[4:]
	var cl client = franz{broker}
	if library == "sarama" {
		cl = saramaClient{broker}
	}
	if verb == "shim" {
		check(shim(broker))
	}
	if verb == "member" {
		check(franz{broker}.member(rest[0], rest[1], rest[2]))
		return
	}
	if verb == "write" {
		recs := load(rest[0])
		for _, t := range rest[1:] {
			p := strings.Split(t, "=")
			check(cl.write(p[0], p[1], recs))
		}
		return
	}
	if verb == "group" {
		check(cl.group(rest[0], rest[1], func(value []byte) { fmt.Println(string(value)) }))
		return
	}
	if verb == "txn" {
		check(cl.txn(rest[0], rest[1]))
		return
	}
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for _, t := range rest {
		check(cl.read(t, func(r record) { show(out, t, r) }))
	}
}
