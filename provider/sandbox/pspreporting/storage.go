package pspreporting

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"payportal/provider/sandbox"
)

// bucket is the path under which the storage keeps reports.
const bucket = "/toman-repigma-reports-sandbox/"

const (
	amzTime      = "20060102T150405Z"
	workbookType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	workbookRows = 500
)

// StorageService is the object storage for sandbox.Engine.Serve, on a listener of its own: another host than the API.
func (s *Server) StorageService() sandbox.Service {
	return sandbox.Service{Name: StorageName, Handler: http.HandlerFunc(s.serveObject)}
}

// SetStorageBase says where the storage listens ("http://127.0.0.1:9000"); download links start with it.
func (s *Server) SetStorageBase(base string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.storageBase = strings.TrimSuffix(base, "/")
}

// AuthorizationLeaks counts the requests that carried credentials to the object storage; a right client makes none.
func (s *Server) AuthorizationLeaks() int { return int(s.leaks.Load()) }

// presign makes a link in the look of the document's example. Its signature is an HMAC of our own over the same parts,
// not Amazon's: only this storage verifies it. The caller holds the lock.
func (s *Server) presign(name string, now time.Time) string {
	// Unlike url.PathEscape, the example escapes the colons of a name too.
	escaped := strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
	query := url.Values{
		"X-Amz-Algorithm":     {"AWS4-HMAC-SHA256"},
		"X-Amz-Credential":    {"sandbox/" + now.Format("20060102") + "/us-east-1/s3/aws4_request"},
		"X-Amz-Date":          {now.Format(amzTime)},
		"X-Amz-Expires":       {strconv.Itoa(int(s.linkLife.Seconds()))},
		"X-Amz-SignedHeaders": {"host"},
	}
	query.Set("X-Amz-Signature", s.signature(bucket+name, query))
	return s.storageBase + bucket + escaped + "?" + query.Encode()
}

// signature covers the path and all of the query but itself.
func (s *Server) signature(path string, query url.Values) string {
	query = cloneWithout(query, "X-Amz-Signature")
	mac := hmac.New(sha256.New, s.linkKey)
	fmt.Fprintf(mac, "%s\n%s", path, query.Encode())
	return hex.EncodeToString(mac.Sum(nil))
}

func cloneWithout(values url.Values, name string) url.Values {
	out := url.Values{}
	for k, v := range values {
		if k != name {
			out[k] = v
		}
	}
	return out
}

func (s *Server) serveObject(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	signedAt, err := time.Parse(amzTime, query.Get("X-Amz-Date"))
	life, err2 := strconv.Atoi(query.Get("X-Amz-Expires"))
	name, inBucket := strings.CutPrefix(r.URL.Path, bucket)
	switch {
	case r.Header.Get("Authorization") != "" || r.Header.Get("Cookie") != "":
		s.leaks.Add(1)
		refuseObject(w, http.StatusBadRequest, "InvalidArgument", "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter or the Authorization header should be specified")
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		refuseObject(w, http.StatusMethodNotAllowed, "MethodNotAllowed", "The specified method is not allowed against this resource.")
	case !inBucket || err != nil || err2 != nil:
		refuseObject(w, http.StatusForbidden, "AccessDenied", "Access Denied.")
	case !hmac.Equal([]byte(query.Get("X-Amz-Signature")), []byte(s.signature(r.URL.Path, query))):
		refuseObject(w, http.StatusForbidden, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.")
	case !s.engine.Clock().Now().Before(signedAt.Add(time.Duration(life) * time.Second)):
		refuseObject(w, http.StatusForbidden, "AccessDenied", "Request has expired")
	default:
		s.sendWorkbook(w, r, name)
	}
}

// refuseObject answers in the XML of object storages.
func refuseObject(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code><Message>%s</Message></Error>", code, message)
}

func (s *Server) sendWorkbook(w http.ResponseWriter, r *http.Request, name string) {
	content, made, err := s.object(name)
	switch {
	case err != nil:
		refuseObject(w, http.StatusInternalServerError, "InternalError", "We encountered an internal error, please try again.")
	case content == nil:
		refuseObject(w, http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
	default:
		w.Header().Set("Content-Type", workbookType)
		http.ServeContent(w, r, "", made, bytes.NewReader(content))
	}
}

// object is the workbook kept under a name, made when first asked for, or nil when there is none.
func (s *Server) object(name string) (content []byte, made time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.reports, func(r *report) bool { return r.StorageFilename != nil && *r.StorageFilename == name })
	if i < 0 || s.reports[i].Status == ReportExpired {
		return nil, time.Time{}, nil
	}
	one := s.reports[i]
	if s.files[name] == nil {
		if s.files[name], err = s.payments.workbook(one.from, one.to); err != nil {
			return nil, time.Time{}, err
		}
	}
	return s.files[name], one.createdAt, nil
}

func (p *payments) cells(from, to time.Time, most int) [][]any {
	p.mu.RLock()
	defer p.mu.RUnlock()
	var rows [][]any
	for kind, list := range p.lists {
		first, _ := slices.BinarySearchFunc(list, from.Unix(), func(r payment, at int64) int { return int(r.at - at) })
		for _, row := range list[first:min(len(list), first+most/2)] {
			if row.at >= to.Unix() {
				break
			}
			s := p.sources[row.terminal]
			rows = append(rows, []any{
				string(appendULID(nil, row.hi, row.lo)), typeNames[kind], s.psp, s.number,
				bins[row.bin].digits + "******" + string(appendLast4(nil, row.last4)), row.amount,
				formatTime(time.Unix(row.at, 0)), int(row.status),
			})
		}
	}
	return rows
}
