#include "keyval.h"

#include <assert.h>
#include <stdio.h>

static void bad(const char *text, int line, int count)
{
    struct KeyVal settings;
    settings.error_line = -7;
    assert(!keyval_parse(&settings, text));
    assert(settings.error_line == line);
    assert(settings.count == count);
}

static void good(const char *text, int count)
{
    struct KeyVal settings;
    settings.error_line = 99;
    assert(keyval_parse(&settings, text));
    assert(settings.error_line == 0);
    assert(settings.count == count);
}

int main(void)
{
    good("", 0);
    good("a = 1", 1);
    good("# one\n\n   \n  # two\na = 1\nb =\na = 2\n", 2);

    bad("nonsense", 1, 0);
    bad("a = 1\nnonsense\nb = 2\nmore\n", 2, 1);
    bad("# one\n\n   \na = 1\n = 5\n", 5, 1);
    bad("\n\n\n\nx", 5, 0);
    bad("a = 1\n  nonsense  \n", 2, 1);
    bad("a = 0123456789012345678901234567890123456789\n", 1, 0);
    bad("a = 1\n0123456789012345678901234567890123456789 = b\n", 2, 1);

    char many[1000] = "# too many\n";
    for (int i = 0; i <= KEYVAL_MAX; i++) {
        snprintf(many + strlen(many), 20, "key%d = %d\n", i, i);
    }
    bad(many, KEYVAL_MAX + 2, KEYVAL_MAX);

    struct KeyVal settings;
    assert(!keyval_parse(&settings, "a = 1\nb\n"));
    assert(settings.error_line == 2);
    assert(strcmp(keyval_get(&settings, "a"), "1") == 0);
    assert(keyval_parse(&settings, "c = 3\n"));
    assert(settings.error_line == 0);
    assert(keyval_get(&settings, "a") == NULL);
    assert(strcmp(keyval_get(&settings, "c"), "3") == 0);
    return 0;
}
