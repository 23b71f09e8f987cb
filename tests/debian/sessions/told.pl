# SPDX-License-Identifier: Apache-2.0
# Says "ready" and waits for SIGHUP, which can't come too early for it: told.pl NAME; that it came is a line of `log`.
use POSIX;
$| = 1;
sigprocmask(SIG_BLOCK, POSIX::SigSet->new(SIGHUP));
$SIG{HUP} = sub { open my $log, ">>", "log"; print $log "$ARGV[0] was told\n" };
print "ready\n";
close STDOUT;
sigsuspend(POSIX::SigSet->new);
