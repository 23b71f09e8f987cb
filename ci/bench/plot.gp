# SPDX-License-Identifier: Apache-2.0
# Each figure that has a budget, as a multiple of it: left of the line is met. gnuplot -e "data='F'; out='F.svg'" plot.gp
set datafile separator "\t"
stats data using 2 nooutput
rows = STATS_records
set terminal svg noenhanced size 1100, 160 + 22 * rows font "sans,12" background "white"
set output out
set title "lvmm and its peer, as multiples of the budget in brackets (left of 1 it is met)"
set logscale x
set format x "%g"
set yrange [rows - 0.5:-0.5]
set grid xtics ytics lc rgb "#dddddd"
set arrow from first 1, graph 0 to first 1, graph 1 nohead lc rgb "#444444" lw 2
set key outside bottom center horizontal
plot data using 2:0:ytic(1) with points pt 7 ps 0.9 lc rgb "#1f6fb4" title "lvmm", \
    data using 3:0 with points pt 4 ps 0.9 lc rgb "#c44e1b" title "peer"
