package web

import (
	"net/http"
	"net/netip"
	"strings"
)

// maxForwardedHops bounds how much of an X-Forwarded-For header is read; real chains are two or three long.
const maxForwardedHops = 32

// ClientAddress finds the address of the client of a request that may have come through proxies. X-Forwarded-For is
// believed only when the connection itself comes from a trusted proxy, and then it is walked from the right: the first
// address that is not a trusted proxy is the client. Everything left of it was written by the client and is ignored.
// The answer is unmapped and without a zone; it is invalid when even the connection's address cannot be read.
func ClientAddress(r *http.Request, trusted []netip.Prefix) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	client := plain(peer.Addr())
	if !isTrusted(client, trusted) {
		return client
	}
	hops := forwardedHops(r.Header)
	for i := len(hops) - 1; i >= 0; i-- {
		hop, ok := parseHop(hops[i])
		if !ok {
			return client // a hop that cannot be read ends the chain that can be believed
		}
		client = hop
		if !isTrusted(client, trusted) {
			return client
		}
	}
	return client
}

// forwardedHops joins all X-Forwarded-For headers, in order, keeping the rightmost hops when there are too many.
func forwardedHops(h http.Header) []string {
	hops := strings.Split(strings.Join(h.Values("X-Forwarded-For"), ","), ",")
	if len(hops) > maxForwardedHops {
		hops = hops[len(hops)-maxForwardedHops:]
	}
	if len(hops) == 1 && strings.TrimSpace(hops[0]) == "" {
		return nil
	}
	return hops
}

// parseHop reads one hop: an address, alone, in brackets, or with a port.
func parseHop(s string) (netip.Addr, bool) {
	s = strings.TrimSpace(s)
	if withPort, err := netip.ParseAddrPort(s); err == nil {
		return plain(withPort.Addr()), true
	}
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"))
	if err != nil {
		return netip.Addr{}, false
	}
	return plain(addr), true
}

func plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

func isTrusted(a netip.Addr, trusted []netip.Prefix) bool {
	for _, p := range trusted {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
