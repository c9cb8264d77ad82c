# amalgamate.awk - writes the library as one C file.
#
#   awk -v dirs="include lib build/gen" -f lib/amalgamate.awk FILE.c... > eqlmini.c
#
# Included headers of the project are put in place, once; .def files and generated code at each place. Names that
# are local to a file but occur in several (static functions and tables, types, see collect) get the file's name and
# two underscores in front. Macros of a .c file end with it.

function find(name,    i, line, path) {
    if (name in found)
        return found[name]
    for (i = 1; i <= n_dirs; i++) {
        path = dir[i] "/" name
        if ((getline line < path) >= 0) {
            close(path)
            return found[name] = path
        }
    }
    printf "amalgamate: %s is not found\n", name > "/dev/stderr"
    failed = 1
    exit 1
}

# Name a declaration at file scope introduces: what stands before the first ( [ = ; or {. Empty for a structure
# without a tag, whose variable is named behind it.
function declared(line) {
    sub(/[ \t]*[(\[=;{].*/, "", line)
    sub(/.*[^A-Za-z0-9_]/, "", line)
    return line ~ /^(struct|union|enum)$/ ? "" : line
}

function local_name(file, kind, name) {
    if (name == "" || (file, kind, name) in local)
        return
    local[file, kind, name] = 1
    uses[kind, name]++
}

# Notes what a file declares for itself. Generated code it includes belongs to it; a header counts once, as a user
# of its names that is never renamed.
function collect(path, unit,    line, name) {
    while ((getline line < path) > 0) {
        if (line ~ /^[ \t]*#[ \t]*include[ \t]*"/) {
            name = line
            sub(/^[^"]*"/, "", name)
            sub(/".*/, "", name)
            if (name ~ /\.c$/)
                collect(find(name), unit)
            else if (name ~ /\.h$/ && !(name in seen)) {
                seen[name] = 1
                collect(find(name), name)
            }
        } else if (line ~ /^static[ \t]/)
            local_name(unit, "name", declared(line))
        else if (line ~ /^(typedef[ \t]+)?(struct|union|enum)[ \t]+[A-Za-z0-9_]+[ \t]*\{/)
            local_name(unit, "tag", declared(line))
        else if (line ~ /^}[ \t]*[A-Za-z0-9_]+(\[[^\]]*\])?[ \t]*[;=]/) {
            sub(/^}[ \t]*/, "", line)
            local_name(unit, "name", declared(line))
        }
    }
    close(path)
}

function base_name(file) {
    sub(/.*\//, "", file)
    sub(/\.c$/, "", file)
    return file
}

# Puts the file's name before its local names; leaves members (after . and ->), strings and comments alone.
# in_comment: a comment goes on from the line before.
function rename(file, line,    out, word, kind) {
    out = ""
    if (in_comment) {
        if (!match(line, /\*\//))
            return line
        out = substr(line, 1, RSTART + 1)
        line = substr(line, RSTART + 2)
        in_comment = 0
    }
    while (match(line, /"([^"\\]|\\.)*"|'([^'\\]|\\.)+'|\/\/.*|\/\*|[A-Za-z_][A-Za-z0-9_]*|[0-9][A-Za-z0-9_.]*/)) {
        word = substr(line, RSTART, RLENGTH)
        out = out substr(line, 1, RSTART - 1)
        line = substr(line, RSTART + RLENGTH)
        if (word == "/*") {
            if (!match(line, /\*\//)) {
                in_comment = 1
                return out word line
            }
            word = word substr(line, 1, RSTART + 1)
            line = substr(line, RSTART + 2)
        }
        kind = out ~ /(^|[^A-Za-z0-9_])(struct|union|enum)[ \t]+$/ ? "tag" : "name"
        if (word ~ /^[A-Za-z_]/ && (file, kind, word) in local && uses[kind, word] > 1 && out !~ /(\.|->)$/)
            word = base_name(file) "__" word
        out = out word
    }
    return out line
}

function expand(path, unit,    line, name, macro) {
    while ((getline line < path) > 0) {
        if (line ~ /^[ \t]*#[ \t]*include[ \t]*"/) {
            name = line
            sub(/^[^"]*"/, "", name)
            sub(/".*/, "", name)
            if (name == "eqlmini.h") {
                if (!(name in done)) print "#include \"eqlmini.h\""
                done[name] = 1
            } else if (name !~ /\.h$/ || !(name in done)) {
                done[name] = 1
                expand(find(name), name ~ /\.c$/ ? unit : "")
            }
            continue
        }
        if (line ~ /^#[ \t]*line[ \t]/)
            continue
        if (line ~ /^#[ \t]*define[ \t]/) {
            macro = line
            sub(/^#[ \t]*define[ \t]+/, "", macro)
            sub(/[^A-Za-z0-9_].*/, "", macro)
            if (unit == "")
                shared[macro] = 1
            else if (!(macro in shared)) # a generated parser repeats the tokens of its header
                macros[macro] = 1
        }
        if (unit != "" && line !~ /^#[ \t]*pragma/)
            line = rename(unit, line)
        print line
    }
    close(path)
}

BEGIN {
    n_dirs = split(dirs, dir, " ")
    for (i = 1; i < ARGC; i++)
        collect(ARGV[i], ARGV[i])
    print "/* eqlmini.c - libeqlmini as one file. Made from the sources by `make amalgamation`; needs eqlmini.h. */"
    for (i = 1; i < ARGC; i++) {
        printf "\n/* ---- %s ---- */\n", ARGV[i]
        split("", macros)
        expand(ARGV[i], ARGV[i])
        for (m in macros)
            printf "#undef %s\n", m
    }
    exit failed
}
