# SPDX-License-Identifier: Apache-2.0
# strace.awk - what a trace in the form of `strace -f -o` says of each process in turn, without what is another in each run: the
# numbers of processes, addresses, and how a call's line was cut where others came between. Signals stand behind the calls, as
# when one comes is chance.
# Numbers of processes by their rank, where a call or a structure has some.
function rename(text,   out, word, before, after) {
    if (text !~ /^(getpid|gettid|getppid|getpgid|getpgrp|getsid|setsid|setpgid|fork|vfork|clone|clone3|wait4|waitid|kill|tkill|tgkill|set_tid_address|rt_sigqueueinfo|rt_tgsigqueueinfo|rt_sigtimedwait|prlimit64|pidfd_open|---)/)
        return text
    out = ""
    while (match(text, /[0-9]+/)) {
        word = substr(text, RSTART, RLENGTH)
        before = substr(text, 1, RSTART - 1)
        after = substr(text, RSTART + RLENGTH)
        if (word in numbers && before !~ /[A-Za-z_0-9]$|tv_[a-z]*=$|time=$|status=$|uid=$|int=$|== $/ && !(word == 8 && after ~ /^\)/))
            word = "P" numbers[word]
        out = out before word
        text = after
    }
    return out text
}

function plain(text) {
    gsub(/ \/\* [0-9.]+ s \*\//, "", text)
    gsub(/si_utime=[0-9]+, si_stime=[0-9]+/, "si_utime=T, si_stime=T", text)
    gsub(/si_uid=[0-9]+/, "si_uid=U", text)
    gsub(/ru_([us])time=\{[^}]*\}/, "ru_time=T", text)
    gsub(/ \/\* [A-Z_]*\?\?\? \*\//, "", text)
    gsub(/0x[0-9a-f][0-9a-f][0-9a-f][0-9a-f]+/, "ADDRESS", text)
    sub(/^rt_sigreturn\(.*\)/, "rt_sigreturn()", text)
    if (text ~ /^getrandom\(/) gsub(/\\x[0-9a-f][0-9a-f]/, "\\x", text)
    sub(/ \(core dumped\) \+\+\+$/, " +++", text)
    sub(/\) +=/, ") =", text)
    return text
}

{
    pid = $1
    numbers[pid] = 0
    text = substr($0, length(pid) + 1)
    sub(/^ +/, "", text)
    if (sub(/ *<unfinished \.\.\.>( = \?)?$/, "", text)) {
        begun[pid] = text
        next
    }
    if (text ~ /^<\.\.\. /) {
        sub(/^<\.\.\. [a-z_0-9]+ resumed> ?/, "", text)
        if (begun[pid] ~ /,$/ && text !~ /^[,)]/) text = " " text
        text = begun[pid] text
        delete begun[pid]
    }
    # The program begins with this one on the host alone; and a call that is made again is told of once more.
    if (NR == 1 && text ~ /^execve\(/ || text ~ /= \? ERESTART/ || text ~ /^--- stopped by/) next
    line[++lines] = text
    of[lines] = pid
}

END {
    for (pid in numbers) {
        processes++
        for (other in numbers) numbers[pid] += other + 0 <= pid + 0
    }
    for (pid in numbers) by[numbers[pid]] = pid
    for (p = 1; p <= processes; p++)
        for (kind = 0; kind < 2; kind++)
            for (i = 1; i <= lines; i++)
                if (of[i] == by[p] && (line[i] ~ /^---/) == kind) print "P" p " " plain(rename(line[i]))
}
