package probe

import (
	"encoding/binary"
	"maps"
	"slices"
	"testing"
)

// tables are lines of /proc/net/tcp and tcp6, as a machine with the byte order of
// most has them: a server at 8080 in every state.
const tables = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 52001 1 0000000000000000 100 0 0 10 0
   1: 0100007F:1F90 0100007F:C3A2 01 00000000:00000000 00:00000000 00000000     0        0 52002 1 0000000000000000 20 4 30 10 -1
   2: 0100007F:C3A2 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 52003 1 0000000000000000 20 4 30 10 -1
   3: 0100007F:1F90 0100007F:C3A3 08 00000000:00000001 00:00000000 00000000     0        0 52004 1 0000000000000000 20 4 30 10 -1
   4: 0100007F:1F90 0100007F:C3A4 08 00000000:00000000 00:00000000 00000000     0        0 52005 1 0000000000000000 20 4 30 10 -1
   5: 0100007F:1F90 0100007F:C3A5 06 00000000:00000000 03:00001731 00000000     0        0 0 3 0000000000000000
   6: 0100007F:1F90 0100007F:C3A6 01 00000400:00000000 01:00000A30 00000004     0        0 52006 2 0000000000000000 400 4 30 1 7
   7: 0100007F:1F90 0100007F:C3A7 04 00000001:00000000 01:00000010 00000000     0        0 0 2 0000000000000000 20 4 30 10 -1
   8: 0100007F:1F90 0100007F:C3A8 05 00000000:00000000 00:00000000 00000000     0        0 52008 2 0000000000000000 20 4 30 10 -1
   9: 0100007F:1F90 0100007F:C3A9 01 00028000:00000000 04:00000031 00000002     0        0 52009 2 0000000000000000 20 4 30 10 -1
  10: 0100007F:1F91 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 52010 1 0000000000000000 20 4 30 10 -1
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0000000000000000FFFF00000100007F:1F90 0000000000000000FFFF00000100007F:C3AA 01 00000000:00000000 00:00000000 00000000     0        0 52011 1 0000000000000000 20 4 30 10 -1
   1: 00000000000000000000000001000000:1F90 00000000000000000000000001000000:C3AB 01 00000000:00000000 00:00000000 00000000     0        0 0 1 0000000000000000 20 4 30 10 -1
`

func TestConnections(t *testing.T) {
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		t.Skip("this machine would write them otherwise")
	}
	got, err := connections(tables, 8080)
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{
		"127.0.0.1:50082", "127.0.0.1:50083", "127.0.0.1:50084", "127.0.0.1:50086", "127.0.0.1:50088", "127.0.0.1:50089", "127.0.0.1:50090", "[::1]:50091",
	}
	parts := map[string]int{
		"established": 3, "established, not acknowledged": 1, "established, the client's window is closed": 1, "being closed": 1,
		"left by the client, and nobody reads it": 1, "left by the client, read, and ignored": 1,
	}
	if got.Count != len(ids) || !slices.Equal(got.IDs, ids) || !maps.Equal(got.Parts, parts) {
		t.Errorf("%+v", got)
	}
	_, err = connections(tables, 8082)
	told(t, err, "nothing listens at port 8082 of this machine")
	_, err = connections(":1F90 \n", 8080)
	told(t, err, "too short", "not as Linux writes it")
}

func TestSocketsPort(t *testing.T) {
	for target, want := range map[string]string{
		"http://h:8080/sse/chat?n={{n}}": "sockets:8080", "http://h/": "sockets:80", "https://h": "sockets:443", "https://[::1]:9/": "sockets:9",
	} {
		p, err := Parse("sockets", Access{Target: target})
		if err != nil || p.Series()[0].Spec != want {
			t.Errorf("%s: %v, %v", target, p, err)
		}
		if p, err = Parse("descriptors=sockets:77", Access{Target: target}); err != nil || p.Series()[0].Spec != "sockets:77" {
			t.Errorf("%s: %v, %v", target, p, err)
		}
	}
	for _, spec := range []string{"sockets", "sockets:", "sockets:x", "sockets:0", "sockets:65536", "sockets:http://h:80"} {
		_, err := Parse(spec, Access{})
		told(t, err, "probe sockets: no port", "write it as sockets:8080")
	}
}
