#!/usr/bin/env bash
# The long runs, as `make prove`: every fault test with its counts multiplied, and every fuzz target with a fixed number of
# executions. A line for each proof; the first that fails ends the run. PROVE_FUZZ is the number of executions of a target
# (2,000,000 for a release; give less for a look), PROVE_LOGS where the full output goes.
set -euo pipefail
cd "$(dirname "$0")"

GO=${GO:-go}
fuzz=${PROVE_FUZZ:-2000000}
logs=${PROVE_LOGS:-$(mktemp -d)}
mkdir -p "$logs"
echo "full output in $logs"

# proof NAME COMMAND...: runs the command, says how long it took and what it counted.
proof() {
  local name=$1 log=$logs/$1.log began=$SECONDS
  shift
  if ! "$@" >"$log" 2>&1; then
    echo "FAILED $name after $((SECONDS - began)) s:"
    tail -n 40 "$log"
    exit 1
  fi
  printf 'ok %-28s %5d s' "$name" $((SECONDS - began))
  # What a test counted stands on its log line, of a fuzz target on its last.
  { grep -hE '^ +[a-z_]+_test\.go:[0-9]+: ' "$log" || grep -hE '^fuzz: elapsed' "$log" | tail -n 1; } | sed -E 's/^( +[a-z_]+_test\.go:[0-9]+: )?/  /' | tr '\n' ';' || true
  echo
}

export PORTAL_PROVE=1
for test in TestBadInput TestReadingChangesNothing TestKilledAtAnyMoment TestTheCheckerFindsFaults TestKilledWhileMigrating TestTornWAL \
  TestStopUnderLoad TestBadDays TestFirstFillGoesOnAfterABadDay TestOneTokenForAll TestOneBreakerRests TestDiskTrouble TestLockedDatabase \
  TestOutcomeThatCannotBeWrittenIsUnknown TestDribblers TestDoubleSubmit TestLoginFlood TestSecretsLeaveNoTrace TestHostileProviderTexts; do
  proof "$test" "$GO" test -count=1 -timeout 60m -run "^$test\$" -v ./cmd/portal
done
proof killtest "$GO" test -count=1 -timeout 60m ./internal/command/killtest
proof killtest-of-files "$GO" test -count=1 -timeout 60m ./internal/inquiry/killtest
unset PORTAL_PROVE

# Every fuzz target of the module, found by its name. Files are asked and not the toolchain, so that none is forgotten.
grep -rlE --include='*_test.go' '^func Fuzz' --exclude-dir=node_modules . | sort | while read -r file; do
  grep -oE '^func Fuzz[A-Za-z0-9_]+' "$file" | sed 's/^func //' | while read -r target; do
    count=$fuzz
    if [ "$target" = FuzzListQuery ]; then count=$((fuzz / 100)); fi # each is a page from the database
    proof "$target" "$GO" test -run '^$' -fuzz "^$target\$" -fuzztime "${count}x" -timeout 180m "./$(dirname "$file")"
  done
done
