/* replay.c - main() for a fuzzer built without libFuzzer: runs it on the files named, each a test. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv)
{
    static uint8_t data[1u << 20];
    printf("1..%d\n", argc - 1);
    for (int i = 1; i < argc; i++) {
        FILE *f = fopen(argv[i], "rb");
        if (!f) {
            perror(argv[i]);
            return 2;
        }
        size_t size = fread(data, 1, sizeof data, f);
        fclose(f);
        fflush(stdout);
        LLVMFuzzerTestOneInput(data, size);
        printf("ok %d - %s\n", i, argv[i]);
    }
    return argc > 1 ? 0 : 2;
}
