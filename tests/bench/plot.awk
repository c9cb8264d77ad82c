# plot.awk - draws the growth of the time per event with the number of filters, from what bench_rules prints:
#
#   build/bench/bench_rules | awk -f tests/bench/plot.awk > docs/scaling.svg
#
# Both axes are logarithmic; the first six categories.

function x_of(n) { return 70 + 470 * log(n) / log(1000) }
function y_of(ns) { return 340 - 300 * log(ns / 10) / log(1000) }

/^ns\/event by filters/ && !done { table = 1; next }
table && NF == 0 { table = 0; done = 1 }
table && $1 == "category" {
    steps = NF - 3 # the category before, two ratios behind
    for (i = 1; i <= steps; i++)
        size[i] = $(i + 1)
    next
}
table {
    name[++n] = $1
    for (i = 1; i <= steps; i++)
        ns[n, i] = $(i + 1)
}
END {
    split("#1b6ca8 #c0392b #27864a #8e44ad #b9770e #444444", color, " ")
    print "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"720\" height=\"400\" font-family=\"sans-serif\" font-size=\"12\">"
    print "<rect width=\"720\" height=\"400\" fill=\"#ffffff\"/>"
    print "<text x=\"70\" y=\"20\" font-size=\"14\">CPU time per event of a rule set, by filters in it (ns)</text>"
    for (v = 10; v <= 10000; v *= 10) {
        printf "<line x1=\"70\" y1=\"%.1f\" x2=\"540\" y2=\"%.1f\" stroke=\"#dddddd\"/>\n", y_of(v), y_of(v)
        printf "<text x=\"62\" y=\"%.1f\" text-anchor=\"end\">%d</text>\n", y_of(v) + 4, v
    }
    for (i = 1; i <= steps; i++) {
        if (size[i] == size[i - 1])
            continue
        printf "<line x1=\"%.1f\" y1=\"40\" x2=\"%.1f\" y2=\"340\" stroke=\"#eeeeee\"/>\n", x_of(size[i]), x_of(size[i])
        printf "<text x=\"%.1f\" y=\"358\" text-anchor=\"middle\">%d</text>\n", x_of(size[i]), size[i]
    }
    print "<text x=\"305\" y=\"382\" text-anchor=\"middle\">filters</text>"
    for (k = 1; k <= n && k <= 6; k++) {
        printf "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" points=\"", color[k]
        for (i = 1; i <= steps; i++)
            printf "%.1f,%.1f ", x_of(size[i]), y_of(ns[k, i])
        print "\"/>"
        printf "<line x1=\"560\" y1=\"%d\" x2=\"580\" y2=\"%d\" stroke=\"%s\" stroke-width=\"2\"/>", 56 + 20 * k, 56 + 20 * k, color[k]
        printf "<text x=\"586\" y=\"%d\">%s</text>\n", 60 + 20 * k, name[k]
    }
    print "</svg>"
}
