package access

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// State is how far a session has come. Only a Full session may do anything but finish signing in and sign out.
type State uint8

// The states. The zero value is no state.
const (
	_ State = iota
	// TOTPNeeded: the password was right, the second factor is still to come.
	TOTPNeeded
	// PasswordChangeNeeded: the password was a given one.
	PasswordChangeNeeded
	// EnrolmentNeeded: a role asks for a second factor and none is enrolled.
	EnrolmentNeeded
	// Full: signed in.
	Full
)

var stateNames = [...]string{"", "totp_needed", "password_change_needed", "enrolment_needed", "full"}

// String is the state's word in the store and in the audit trail.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return fmt.Sprintf("state(%d)", uint8(s))
}

// nextState is what a session still needs once the proofs given so far have been accepted.
func nextState(u User, policy SecondFactorPolicy, secondFactorGiven bool) State {
	switch {
	case u.SecondFactor && !secondFactorGiven:
		return TOTPNeeded
	case u.MustChangePassword:
		return PasswordChangeNeeded
	case !u.SecondFactor && mustHaveSecondFactor(u, policy):
		return EnrolmentNeeded
	}
	return Full
}

// mustHaveSecondFactor reports whether one of the user's roles asks for a second factor.
func mustHaveSecondFactor(u User, policy SecondFactorPolicy) bool {
	if policy == SecondFactorOffered {
		return false
	}
	for _, r := range u.Roles {
		if r.RequireSecondFactor {
			return true
		}
	}
	return false
}

// Session is what the portal keeps for a browser in which somebody signs or has signed in.
type Session struct {
	// PublicID names the session in the audit trail and on the account page. It opens nothing.
	PublicID string
	// Generation grows with each new token, so that a request that was under way with an old token cannot bring the old
	// token back.
	Generation uint32
	UserID     int64
	State      State
	// SecondFactorGiven says that a second factor was accepted in this session.
	SecondFactorGiven bool
	// RightsEpoch is the user's at the time of the token.
	RightsEpoch int64
	CreatedAt   time.Time
	// ExpiresAt is the absolute end.
	ExpiresAt time.Time
	// StepUpAt is when the user last proved who they are.
	StepUpAt  time.Time
	Address   netip.Addr
	UserAgent string
}

// SessionInfo is a line of the list of a user's sessions.
type SessionInfo struct {
	Session
	LastSeenAt time.Time
	// Current says that it is the session of the request.
	Current bool
}

// sessionKey is the key of the Session among the values of the session cookie's manager.
const sessionKey = "session"

// maxUserAgent is how much of a browser's name is kept, in bytes.
const maxUserAgent = 160

// SessionCodec writes sessions for the store, and reads them on every request: a fixed binary form, 20 times faster than
// gob. Beside the Session it keeps values that are strings (messages for the next page). It is a scs.Codec.
type SessionCodec struct{}

// codecVersion is the first byte. A session of another version is no session: its user signs in again.
const codecVersion = 1

// Encode writes the deadline and the values. There must be a Session; other values must be strings.
func (SessionCodec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	s, ok := values[sessionKey].(Session)
	if !ok {
		return nil, errors.New("access: a session without a user is not kept")
	}
	b := make([]byte, 0, 256)
	b = append(b, codecVersion, byte(s.State), boolByte(s.SecondFactorGiven))
	b = binary.AppendUvarint(b, uint64(s.Generation))
	b = binary.AppendVarint(b, s.UserID)
	b = binary.AppendVarint(b, s.RightsEpoch)
	for _, t := range []time.Time{deadline, s.CreatedAt, s.ExpiresAt, s.StepUpAt} {
		b = binary.AppendVarint(b, micros(t))
	}
	address, err := s.Address.MarshalBinary()
	if err != nil {
		return nil, fmt.Errorf("encode session: %w", err)
	}
	for _, text := range []string{s.PublicID, s.UserAgent, string(address)} {
		b = appendText(b, text)
	}
	for key, value := range values {
		if key == sessionKey {
			continue
		}
		text, ok := value.(string)
		if !ok {
			return nil, fmt.Errorf("access: session value %q is a %T, want a string", key, value)
		}
		b = appendText(appendText(b, key), text)
	}
	return b, nil
}

// Decode reads what Encode wrote.
func (SessionCodec) Decode(b []byte) (time.Time, map[string]any, error) {
	values := make(map[string]any, 1)
	if len(b) == 0 || b[0] != codecVersion {
		return time.Time{}, values, nil
	}
	r := reader{b: b[1:]}
	var s Session
	s.State = State(r.byte())
	s.SecondFactorGiven = r.byte() != 0
	s.Generation = uint32(r.uvarint())
	s.UserID = r.varint()
	s.RightsEpoch = r.varint()
	deadline := r.time()
	s.CreatedAt, s.ExpiresAt, s.StepUpAt = r.time(), r.time(), r.time()
	s.PublicID, s.UserAgent = r.text(), r.text()
	if err := s.Address.UnmarshalBinary([]byte(r.text())); err != nil {
		r.bad = true
	}
	for len(r.b) > 0 && !r.bad {
		key := r.text()
		values[key] = r.text()
	}
	if r.bad {
		return time.Time{}, nil, errors.New("access: damaged session")
	}
	values[sessionKey] = s
	return deadline, values, nil
}

// DecodeSession reads the Session of encoded values, for the columns of the store.
func DecodeSession(b []byte) (Session, error) {
	_, values, err := SessionCodec{}.Decode(b)
	if err != nil {
		return Session{}, err
	}
	s, ok := values[sessionKey].(Session)
	if !ok {
		return Session{}, errors.New("access: no session in the session data")
	}
	return s, nil
}

// reader takes fields off the front of b; bad says that one was cut short.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.bad = true
		return 0
	}
	first := r.b[0]
	r.b = r.b[1:]
	return first
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	r.skip(n)
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.b)
	r.skip(n)
	return v
}

func (r *reader) skip(n int) {
	if n <= 0 {
		r.bad, r.b = true, nil
		return
	}
	r.b = r.b[n:]
}

func (r *reader) time() time.Time {
	v := r.varint()
	if v == 0 {
		return time.Time{}
	}
	return time.UnixMicro(v).UTC()
}

func (r *reader) text() string {
	n := r.uvarint()
	if n > uint64(len(r.b)) {
		r.bad, r.b = true, nil
		return ""
	}
	text := string(r.b[:n])
	r.b = r.b[n:]
	return text
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// micros is a time as the store has it; zero for the zero time.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func boolByte(v bool) byte {
	if v {
		return 1
	}
	return 0
}
