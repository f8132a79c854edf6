# Targets: run, test, check, bench, prove, screenshots (and their parts below). Everything needs Go, make and git;
# the browser tests also need Node.js with npm and a Chromium.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := test

export CGO_ENABLED ?= 0
GO ?= go
TOOL = $(GO) tool -modfile=tools/go.mod
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)

# The browser tests find their driver and their browser here; a missing one is an error, never a skip.
export PLAYWRIGHT_DRIVER_PATH = $(CURDIR)/e2e/node_modules
export PLAYWRIGHT_NODEJS_PATH = $(shell command -v node)
export PORTAL_TEST_CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)

.PHONY: run test check bench prove screenshots generate build browser unit journeys race lint diff

run: ## the demo: portal, sandbox, seeded data
	$(GO) run ./cmd/portal demo

build: ## a static, stripped binary; for the tag see docs/adr/0010
	$(GO) build -tags grpcnotrace -gcflags='payportal/templates/...=-l' -gcflags='payportal/templates/payments=' -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o portal ./cmd/portal

generate: ## what is made of other files and committed with them: texts and style sheets for the program, Go code of the templates
	$(GO) run ./internal/i18n/flatten
	$(GO) run ./static/pack
	$(GO) tool templ generate -log-level warn

test: unit journeys ## everything, installing what the browser tests need where it can

unit:
	$(GO) test -timeout 30m $$($(GO) list ./... | grep -v '/e2e$$')

journeys: browser
	$(GO) test -count=1 -timeout 25m ./e2e

browser:
	@command -v node >/dev/null && command -v npm >/dev/null || { \
	  echo "The browser tests need Node.js 20 or newer with npm: https://nodejs.org"; exit 1; }
	@if [ ! -f e2e/node_modules/.package-lock.json ] || [ e2e/package-lock.json -nt e2e/node_modules/.package-lock.json ]; then \
	  cd e2e && npm ci --ignore-scripts --no-audit --no-fund && touch node_modules/.package-lock.json; fi
	@if ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null && ! command -v google-chrome >/dev/null; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then apt-get update -qq && apt-get install -y -qq chromium; \
	  else echo "The browser tests need Chromium: install it (Debian: apt-get install chromium) or set PORTAL_TEST_CHROMIUM."; exit 1; fi; fi

check: diff lint unit race journeys ## all that CI runs

race: ## unit tests under the race detector
	CGO_ENABLED=1 $(GO) test -race -timeout 30m $$($(GO) list ./... | grep -v '/e2e$$')

diff: generate ## generated files and go.mod are up to date, and everything is formatted
	$(GO) mod tidy -diff
	$(GO) mod verify
	@git diff --exit-code -- '*_templ.go' internal/i18n/flat static/vendor || { echo "run make generate and commit the result"; exit 1; }
	@unformatted=$$($(TOOL) gofumpt -l -extra cmd web store provider internal e2e static templates | grep -v _templ.go || true); \
	  [ -z "$$unformatted" ] || { echo "not formatted with gofumpt -extra:"; echo "$$unformatted"; exit 1; }

lint:
	$(GO) vet ./...
	$(TOOL) golangci-lint run ./...

bench: ## the figures of docs/performance.md, as a table at the end
	$(GO) test -run '^$$' -bench . -benchmem ./store/... ./web/... ./internal/... ./provider/...
	$(GO) test -run '^$$' -bench Figures -benchtime 3x -timeout 25m ./cmd/portal

prove: ## the long runs: fuzzing and kill tests
	./prove.sh

screenshots: browser ## every page, light and dark, en and fa, 1440 and 360 px, into screenshots-all/
	PORTAL_SCREENSHOTS=$(CURDIR)/screenshots-all $(GO) test -count=1 -timeout 30m -run 'TestScreenshots' ./e2e
