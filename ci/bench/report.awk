# SPDX-License-Identifier: Apache-2.0
# report.awk - the steps' lines, in the order of rows.txt, as a table, as JSON and as the plot's data.
#
#   awk -v partial=yes|no -v json=FILE -v plot=FILE -f report.awk rows.txt LINES
#
# With partial=yes, rows of which nothing is known are left out: only some steps were run.

function trim(s) {
    gsub(/^[ \t]+|[ \t]+$/, "", s)
    return s
}

function quote(s) {
    gsub(/\\/, "\\\\", s)
    gsub(/"/, "\\\"", s)
    gsub(/[[:cntrl:]]/, " ", s)
    return "\"" s "\""
}

# Four digits that say something, no more.
function shown(v) {
    if (v >= 1000 || v == int(v)) return sprintf("%d", v + 0.5)
    return sprintf(v >= 100 ? "%.1f" : v >= 10 ? "%.2f" : "%.3f", v)
}

# ---- rows.txt ----

FNR == NR && /^## / { heading[rows + 1] = substr($0, 4); next }
FNR == NR && /^(#|[ \t]*$)/ { next }
FNR == NR {
    split($0, part, "|")
    name[++rows] = trim(part[1])
    budget[rows] = trim(part[2])
    what[rows] = trim(part[3])
    next
}

# ---- the lines ----

/^(skipped|failed): / {
    failed_line = /^failed/
    sub(/^[a-z]*: /, "")
    at = index($0, ": ")
    if (failed_line) failed[substr($0, 1, at - 1)] = substr($0, at + 2)
    else skipped[substr($0, 1, at - 1)] = substr($0, at + 2)
    next
}
$2 == "unsupported" { unsupported[$1] = 1; next }
NF != 3 && NF != 6 { next }
$1 ~ /@/ {
    split($1, part, "@")
    peer[part[1]] = part[2]
    peer_value[part[1]] = $2 + 0
    if (!(part[1] in unit)) unit[part[1]] = $3
    next
}
{ value[$1] = $2 + 0; unit[$1] = $3 }
NF == 6 { low[$1] = $4 + 0; high[$1] = $5 + 0; runs[$1] = $6 + 0 }

# The budget in the row's unit; "" if there is none, or none without the peer's figure.
function limit(i) {
    if (budget[i] !~ /^x/) return budget[i] == "" ? "" : budget[i] + 0
    return name[i] in peer ? substr(budget[i], 2) * peer_value[name[i]] : ""
}

function met(i, v) {
    return limit(i) == "" ? "" : v <= limit(i) ? "met" : "NOT MET"
}

# How far the runs lie apart.
function spread(n) {
    return n in runs ? sprintf("%s to %s, %d runs", shown(low[n]), shown(high[n]), runs[n]) : ""
}

function print_row(i,    n, figure, other, ratio) {
    n = name[i]
    ratio = n in value && n in peer && peer_value[n] > 0 ? sprintf("%.3f", value[n] / peer_value[n]) : ""
    figure = n in value ? shown(value[n]) " " unit[n] : n in skipped ? "skipped" : n in unsupported ? "unsupported" : "-"
    other = n in peer ? shown(peer_value[n]) " " peer[n] : ""
    printf "%-50s %17s %18s %8s %8s %-8s%s\n", what[i], figure, other, ratio, budget[i],
        n in value ? met(i, value[n]) : "", spread(n)
}

function json_row(i,    n, line) {
    n = name[i]
    line = "  {\"name\": " quote(n) ", \"what\": " quote(what[i])
    if (n in unit) line = line ", \"unit\": " quote(unit[n])
    if (n in value) line = line ", \"value\": " value[n]
    if (n in runs) line = line ", \"low\": " low[n] ", \"high\": " high[n] ", \"runs\": " runs[n]
    if (n in peer) line = line ", \"peer\": " quote(peer[n]) ", \"peer_value\": " peer_value[n]
    if (n in value && n in peer && peer_value[n] > 0) line = line sprintf(", \"ratio\": %.4g", value[n] / peer_value[n])
    if (limit(i) != "") line = line ", \"budget\": " limit(i)
    if (n in value && limit(i) != "") line = line ", \"met\": " (value[n] <= limit(i) ? "true" : "false")
    if (n in skipped) line = line ", \"skipped\": " quote(skipped[n])
    if (n in unsupported) line = line ", \"unsupported\": true"
    return line "}"
}

function known(n) {
    return n in value || n in peer || n in skipped || n in unsupported
}

END {
    printf "%-50s %17s %18s %8s %8s\n", "", "lvmm", "peer", "ratio", "budget"
    printf "[\n" >json
    for (i = 1; i <= rows; i++) {
        if (i in heading) title = heading[i]
        if (partial == "yes" && !known(name[i])) continue
        if (title != "") printf "\n%s\n", title
        title = ""
        print_row(i)
        printf "%s%s", separator, json_row(i) >json
        separator = ",\n"
        if (budget[i] == "") continue
        budgets++
        if (!(name[i] in value) || limit(i) == "") continue
        measured++
        good += value[name[i]] <= limit(i)
        m = name[i] in peer ? peer_value[name[i]] / limit(i) : "NaN"
        printf "%s  (%s %s)\t%s\t%s\n", what[i], shown(limit(i)), unit[name[i]], value[name[i]] / limit(i), m >plot
    }
    for (n in failed) {
        printf "%s  {\"name\": %s, \"failed\": %s}", separator, quote(n), quote(failed[n]) >json
        separator = ",\n"
        failures++
    }
    printf "\n]\n" >json
    printf "\n"
    fflush()
    for (n in skipped) printf "skipped: %s: %s\n", n, skipped[n] | "sort"
    close("sort")
    for (n in failed) printf "failed: %s: %s\n", n, failed[n] | "sort"
    close("sort")
    printf "%d budgets: %d met, %d not met, %d not measured\n", budgets, good, measured - good, budgets - measured
    exit(failures > 0)
}
