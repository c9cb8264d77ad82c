# Makes rows of C, code and text, from the sections of docs/diagnostics.md: without the message, which
# help prints itself, without the targets of links, and with examples moved to the right in place of fences.
function line(text) {
    gsub(/["\\]/, "\\\\&", text)
    printf "\n      \"%s\\n\"", text
}
function finish() {
    if (open)
        print " },"
    open = blank = 0
}
/^##/ {
    finish()
    fresh = open = $1 == "###" && $2 ~ /^[A-Z][0-9]+$/
    if (open)
        printf "    { \"%s\",", $2
    next
}
!open { next }
fresh && /^\*/ { next } # the message
$0 == "" { # not at the end of a section
    blank = !fresh
    next
}
/^```/ {
    if (blank)
        line("")
    blank = 0
    indent = indent ? "" : "    "
    next
}
{
    if (fresh || blank)
        line("")
    fresh = blank = 0
    while (match($0, /\]\([^)]*\)/)) {
        target = RSTART
        text = substr($0, 1, target - 1)
        rest = substr($0, target + RLENGTH)
        start = match(text, /\[[^[]*$/)
        $0 = substr(text, 1, start - 1) substr(text, start + 1) rest
    }
    line(indent $0)
}
END { finish() }
