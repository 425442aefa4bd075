# A known load, steered by lines on standard input. Each is answered by a line that begins with "done" or "cannot".
#   hold PAGES                 takes so much more memory, touched to the page (4 KiB), until the process is ended
#   align                      takes pages until the last lies in the middle of a frame of 2 MiB (needs root)
#   burn PERCENT LEAD SECONDS SLICE
#                              takes so much of one CPU until the next line, in slices of SLICE seconds in the mean; when
#                              LEAD and then SECONDS have passed, a line "given" tells what it took in those seconds, and
#                              what the kernel's ticks say
#   rest                       takes no CPU
use strict;
use warnings;

my ($READ, $MMAP, $CLOCK_GETTIME) = (0, 9, 228);    # x86-64
my ($WALL, $OWN) = (1, 2);                          # CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID
my ($PAGE, $FRAME_PAGES) = (4096, 512);

sub clock {
    my $at = pack "qq", 0, 0;
    syscall($CLOCK_GETTIME, $_[0], $at) == 0 or die "clock_gettime: $!\n";
    my ($seconds, $nano) = unpack "qq", $at;
    return $seconds + $nano / 1e9;
}

# MAP_PRIVATE|MAP_ANONYMOUS|MAP_POPULATE gives the pages at once; each then gets eight random bytes of its own, so that
# no two are alike and KSM has nothing to merge.
sub take {
    my ($size) = @_;
    my $at = syscall($MMAP, 0, $size, 3, 0x8022, -1, 0);
    die "mmap: $!\n" if $at == -1;
    open my $random, "<", "/dev/urandom" or die "urandom: $!\n";
    for (my $page = 0; $page < $size; $page += $PAGE) {
        syscall($READ, fileno $random, $at + $page, 8) == 8 or die "read: $!\n";
    }
    return $at;
}

# Where in its frame of 2 MiB a page lies: its number, 0 to 511 (/proc/PID/pagemap: bits 0-54 are the page's number).
sub place {
    open my $map, "<", "/proc/self/pagemap" or die "pagemap: $!\n";
    sysseek $map, $_[0] / $PAGE * 8, 0;
    sysread($map, my $entry, 8) == 8 or die "pagemap: $!\n";
    my $number = unpack("Q", $entry) & ((1 << 55) - 1);
    die "pagemap: no page numbers, not root?\n" if $number == 0;
    return $number % $FRAME_PAGES;
}

# The kernel hands pages out of one frame after the other, up to 63 at a time to a CPU's own list.
sub align {
    for my $taken (1 .. 8 * $FRAME_PAGES) {
        my $place = place(take($PAGE));
        return "done align $place $taken" if $place >= 160 && $place < 224;
    }
    die "no page lies in the middle of a frame\n";
}

sub ready { my $in = ""; vec($in, 0, 1) = 1; return select($in, undef, undef, $_[0]); }

sub ticks {
    open my $stat, "<", "/proc/stat" or die "stat: $!\n";
    my (undef, @ticks) = split " ", scalar <$stat>;
    return join ",", @ticks;
}

# A slice has a length of its own, else the kernel's ticks would always fall into the same part of it.
sub burn {
    my ($share, $lead, $seconds, $slice) = ($_[0] / 100, @_[1 .. 3]);
    my ($wall, $own) = (clock($WALL), clock($OWN));
    my ($until, $said, @begin) = (0, 0);
    while (!ready(0)) {
        my $now = clock($WALL) - $wall;
        @begin = ($now, clock($OWN) - $own, ticks()) if !@begin && $now >= $lead;
        if (@begin && !$said && $now >= $begin[0] + $seconds) {
            printf "given own=%.3f wall=%.3f before=%s after=%s\n",
                clock($OWN) - $own - $begin[1], $now - $begin[0], $begin[2], ticks();
            $said = 1;
        }
        $until += $slice * (0.5 + rand 1);
        my $work = 0;
        while (clock($OWN) - $own < $share * $until) { $work += $_ for 1 .. 100 }
        my $left = $wall + $until - clock($WALL);
        ready($left) if $left > 0;
    }
}

sub obey {
    my ($what, @much) = split " ", $_[0];
    if ($what eq "hold") { take($much[0] * $PAGE); return "done hold $much[0]" }
    return align() if $what eq "align";
    if ($what eq "burn") { print "done burn $much[0]\n"; burn(@much); return "" }
    return "done rest" if $what eq "rest";
    die "what is $what?\n";
}

$| = 1;
print "done start\n";
while (sysread STDIN, my $lines, 4096) {
    for my $line (split /\n/, $lines) {
        my $answer = eval { obey($line) } // "cannot $line: $@";
        print $answer =~ s/\n*$/\n/r if $answer;
    }
}
