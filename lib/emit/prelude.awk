# prelude.awk - quotes the lines of prelude.h behind its first comment, in pieces, since C promises only 4095 characters
# for a string literal.

started {
    gsub(/\\/, "\\\\")
    gsub(/"/, "\\\"")
    size += length($0) + 1
    if (size > 3000) {
        print ","
        size = 0
    }
    print "\"" $0 "\\n\""
}
/\*\/$/ { started = 1 }
