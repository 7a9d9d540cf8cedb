package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// The shim is what sarama's functional tests want to find: toxiproxy's API on
// port 8474, and five brokers on ports 29091 to 29095. All of them are one
// broker here, which has to advertise 127.0.0.1:29091, and the topics that are
// wanted with three replicas get one.

const createTopics = 19

func frame(r io.Reader) ([]byte, error) {
	var n [4]byte
	if _, err := io.ReadFull(r, n[:]); err != nil {
		return nil, err
	}
	b := make([]byte, binary.BigEndian.Uint32(n[:]))
	_, err := io.ReadFull(r, b)
	return b, err
}

func oneReplica(b []byte) []byte {
	req := kmsg.NewPtrCreateTopicsRequest()
	req.SetVersion(int16(binary.BigEndian.Uint16(b[2:])))
	n := 10 // key, version, correlation id, length of the client's id
	if l := int16(binary.BigEndian.Uint16(b[8:])); l > 0 {
		n += int(l)
	}
	if req.IsFlexible() {
		n++ // no tags
	}
	check(req.ReadFrom(b[n:]))
	for i := range req.Topics {
		req.Topics[i].ReplicationFactor = 1
	}
	return req.AppendTo(b[:n:n])
}

func forward(c net.Conn, broker string) {
	defer c.Close()
	s, err := net.Dial("tcp", broker)
	if err != nil {
		return
	}
	defer s.Close()
	go func() {
		io.Copy(c, s)
		c.Close()
	}()
	for {
		b, err := frame(c)
		if err != nil {
			return
		}
		if binary.BigEndian.Uint16(b) == createTopics {
			b = oneReplica(b)
		}
		b = append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...)
		if _, err := s.Write(b); err != nil {
			return
		}
	}
}

func toxiproxy(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/reset" {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	name := strings.TrimPrefix(r.URL.Path, "/proxies/")
	json.NewEncoder(w).Encode(map[string]any{"name": name, "enabled": true, "toxics": []any{}})
}

func shim(broker string) error {
	for i := 1; i <= 5; i++ {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 29090+i))
		if err != nil {
			return err
		}
		go func() {
			for {
				c, err := l.Accept()
				check(err)
				go forward(c, broker)
			}
		}()
	}
	l, err := net.Listen("tcp", "127.0.0.1:8474")
	if err != nil {
		return err
	}
	fmt.Println("ready")
	return http.Serve(l, http.HandlerFunc(toxiproxy))
}
