#include "keyval.h"

#include <assert.h>
#include <stdio.h>

int main(void)
{
    struct KeyVal settings;
    assert(keyval_parse(&settings, "# server\nhost = example.org\n\n  port=80\nport = 8080"));
    assert(settings.count == 2);
    assert(strcmp(keyval_get(&settings, "host"), "example.org") == 0);
    assert(strcmp(keyval_get(&settings, "port"), "8080") == 0);
    assert(keyval_get(&settings, "user") == NULL);

    assert(!keyval_parse(&settings, "a = 1\nnonsense\nb = 2\n"));
    assert(settings.count == 1);
    assert(!keyval_parse(&settings, " = 1\n"));

    assert(!keyval_parse(&settings, "# server\n\na = 1\nnonsense\n"));
    assert(settings.error_line == 4);
    assert(keyval_parse(&settings, "a = 1\n"));
    assert(settings.error_line == 0);
    puts("all tests passed");
    return 0;
}
