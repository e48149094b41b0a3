#include "strlist.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void expect(const StrList *list, const char *separator, const char *expected)
{
    char *joined = strlist_join(list, separator);
    assert(joined != NULL);
    assert(strcmp(joined, expected) == 0);
    free(joined);
}

int main(void)
{
    StrList list;
    strlist_init(&list);
    expect(&list, ", ", "");

    assert(strlist_add(&list, "red"));
    expect(&list, ", ", "red");

    assert(strlist_add(&list, "green"));
    assert(strlist_add(&list, ""));
    assert(strlist_add(&list, "blue"));
    expect(&list, ", ", "red, green, , blue");
    expect(&list, "", "redgreenblue");
    expect(&list, "/", "red/green//blue");
    assert(list.count == 4);
    assert(strcmp(list.items[3], "blue") == 0);

    char *first = strlist_join(&list, "-");
    char *second = strlist_join(&list, "+");
    assert(first != second);
    assert(strcmp(first, "red-green--blue") == 0);
    first[0] = 'R';
    assert(strcmp(list.items[0], "red") == 0);
    free(first);
    free(second);
    strlist_free(&list);

    char line[4001];
    memset(line, 'x', sizeof line);
    line[4000] = '\0';
    for (int i = 0; i < 50; i++) {
        assert(strlist_add(&list, line));
    }
    char *joined = strlist_join(&list, "; ");
    assert(joined != NULL && strlen(joined) == 50 * 4000 + 49 * 2);
    assert(strncmp(joined + 4000, "; x", 3) == 0);
    free(joined);
    strlist_free(&list);

    assert(strlist_split(&list, "a:b:", ':'));
    expect(&list, ":", "a:b:");
    assert(strlist_find(&list, "b") == 1);
    strlist_free(&list);
    return 0;
}
