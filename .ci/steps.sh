#!/usr/bin/env bash
# The runner of .ci/run: each step has a share of the hour, in seconds, in HACKING's table. A step that takes SLOWEST times
# its share is stopped and fails, and so is the one in which the time of all is over. Sourced, not run.
#
# The script that sources it defines `steps`, a function of `step NAME COMMAND...` lines and nothing else, and calls
# `run_steps PAGE [--list]`, then `counts`. Functions that a step calls are exported, for each step has a bash of its own.

# Seconds that the shares may come to: what is left of the hour is for a slow day.
SUM_MAX=3300
# Seconds that all steps may take together; under the 90 minutes that the whole may.
TOTAL_MAX=5000
# A machine may be so many times as slow as the one whose figures the shares are: one and the same commit took 26 s and 55 s
# for a step on two days.
SLOWEST=4
# Seconds of the least share: below it a slow disk or registry decides.
SHARE_MIN=30

page=
# "check" while the names of the steps are asked for, "run" when they run.
mode=run
# The steps so far, and the seconds that each took.
names=()
took=()
# What the tests print, for their counts. A step runs in a bash of its own, which gets it.
log=$(mktemp)
export log

# shares: "NAME<tab>SECONDS" for each row of the page's table, which stands under a heading that has ".ci/run" in it.
shares() {
  awk -F'|' '
    /^#/ { here = /\.ci\/run/ }
    here && $3 ~ /^ *[0-9]+ *$/ {
      gsub(/^[ `]+|[ `]+$/, "", $2)
      gsub(/ /, "", $3)
      print $2 "\t" $3
    }' "$page"
}

# share_of NAME: its seconds; nothing when the table has no such row.
share_of() {
  shares | awk -F'\t' -v name="$1" '$1 == name { print $2 }'
}

# refuse MESSAGE...: ends the run before a step has begun.
refuse() {
  printf '%s\n' "$@" >&2
  exit 1
}

# step NAME COMMAND...: runs the command, stops it at its limit, keeps its time; the first that fails ends the run.
step() {
  local name=$1 share start limit left why status=0
  shift
  if [ "$mode" = check ]; then
    names+=("$name")
    return
  fi
  share=$(share_of "$name")
  limit=$((SLOWEST * share))
  why="$SLOWEST times its share of $share s"
  left=$((TOTAL_MAX - SECONDS))
  if [ "$left" -lt "$limit" ]; then
    [ "$left" -gt 0 ] || refuse "$name: it was not begun: the steps before it took $SECONDS s, of $TOTAL_MAX s for all"
    limit=$left
    why="when the $TOTAL_MAX s of all steps were over"
  fi
  echo "== $name"
  start=$SECONDS
  # A bash of its own, so that a function can be stopped; in the background, so that a signal reaches this script.
  timeout --kill-after=10 "$limit" bash -euo pipefail -c '"$@"' "$name" "$@" &
  wait $! || status=$?
  names+=("$name")
  took+=("$((SECONDS - start))")
  echo "== $name: $((SECONDS - start)) s"
  if [ "$((SECONDS - start))" -ge "$limit" ]; then
    refuse "$name: it was stopped after $((SECONDS - start)) s, $why: make it faster, or give it another share in the" \
      "table of $page"
  fi
  if [ "$status" -ne 0 ]; then
    refuse "$name: it failed with exit code $status"
  fi
}

# check_shares: each step has a row of its own and each row a step; no share is too small, and their sum is not too large.
check_shares() {
  local name share sum=0
  local -a wrong=()
  local -A rows=() seen=()
  while IFS=$'\t' read -r name share; do
    [ -z "${rows[$name]:-}" ] || wrong+=("$name: it has two rows in the table of $page")
    [ "$share" -ge "$SHARE_MIN" ] || wrong+=("$name: its share is $share s; expected $SHARE_MIN at least, less is noise")
    rows[$name]=$share
    sum=$((sum + share))
  done < <(shares)
  [ "$sum" -gt 0 ] || refuse "$page: no table of shares; expected rows of | step | seconds | under a heading with .ci/run"
  [ "$sum" -le "$SUM_MAX" ] || wrong+=("the shares in the table of $page come to $sum s; expected $SUM_MAX at most")
  mode=check
  steps
  mode=run
  for name in "${names[@]}"; do
    [ -z "${seen[$name]:-}" ] || wrong+=("$name: two steps have that name")
    [ -n "${rows[$name]:-}" ] || wrong+=("$name: a step without a share; give it a row in the table of $page")
    seen[$name]=1
  done
  for name in "${!rows[@]}"; do
    [ -n "${seen[$name]:-}" ] || wrong+=("$name: a row in the table of $page, and no such step")
  done
  [ "${#wrong[@]}" -eq 0 ] || refuse "${wrong[@]}"
  names=()
}

# summary: what each step took of its share, and the whole.
summary() {
  local i total=0 sum=0
  [ "${#took[@]}" -ne 0 ] || return 0
  printf '\n%8s %8s  %s\n' seconds share step
  for i in "${!took[@]}"; do
    printf '%8d %8d  %s\n' "${took[i]}" "$(share_of "${names[i]}")" "${names[i]}"
    total=$((total + took[i]))
    sum=$((sum + $(share_of "${names[i]}")))
  done
  printf '%8d %8d  %s\n' "$total" "$sum" "all, of $TOTAL_MAX s at most"
}

# tests COMMAND...: a test run, whose counts are kept.
tests() {
  "$@" 2>&1 | tee -a "$log"
}
export -f tests

# count WORD: the sum of what all test runs say of it (" 12 pass").
count() {
  tr -d '\r' <"$log" | sed -n "s/^ *\([0-9][0-9]*\) $1\$/\1/p" | awk '{ n += $1 } END { print n + 0 }'
}

# counts: the last line, "N passed, N failed, N skipped"; fails when a test did, or none ran.
counts() {
  local passed failed
  passed=$(count pass)
  failed=$(count fail)
  [ "$passed" -ne 0 ] || refuse "no test ran"
  echo "$passed passed, $failed failed, $(count skip) skipped"
  [ "$failed" -eq 0 ]
}

# finish: at the end, however it comes: no step is left running, the table is shown, if it was not, the log is gone.
finish() {
  # The shell's own list: a signal may come before a variable has the number of a step that has just begun.
  local running
  running=$(jobs -p)
  if [ -n "$running" ]; then
    # shellcheck disable=SC2086 # a word for each
    kill $running 2>/dev/null || true
    wait || true
  fi
  summary
  rm -f "$log"
}

# run_steps PAGE [--list]: checks the shares, then runs the steps; --list shows the shares and runs nothing.
run_steps() {
  page=$1
  trap 'exit 130' INT
  trap 'exit 143' TERM
  trap finish EXIT
  check_shares
  if [ "${2:-}" = --list ]; then
    shares
    exit 0
  fi
  [ $# -eq 1 ] || refuse "$2: no such option; expected --list, or none"
  SECONDS=0
  steps
  summary
  took=()
}
