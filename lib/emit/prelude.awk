# prelude.awk - quotes the lines of prelude.h behind its first comment, indented by tabs, in pieces, since C promises
# only 4095 characters for a string literal.

function end_piece() {
    printf "PIECE(%d,\n%s)\n", n_pieces++, piece
    piece = ""
    size = 0
}

started {
    gsub(/    /, "\t")
    size += length($0) + 1
    gsub(/\\/, "\\\\")
    gsub(/"/, "\\\"")
    gsub(/\t/, "\\t")
    piece = piece "\"" $0 "\\n\"\n"
    if (size > 3000)
        end_piece()
}
/\*\/$/ { started = 1 }
END { end_piece() }
