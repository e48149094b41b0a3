#include "strlist.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void)
{
    StrList list;
    strlist_init(&list);
    assert(strlist_split(&list, "red,green,,blue", ','));
    assert(list.count == 4);
    assert(strcmp(list.items[0], "red") == 0);
    assert(strcmp(list.items[2], "") == 0);
    assert(strlist_add(&list, "black"));
    assert(strlist_find(&list, "black") == 4);
    assert(strlist_find(&list, "white") == -1);

    char *joined = strlist_join(&list, "; ");
    assert(strcmp(joined, "red; green; ; blue; black") == 0);
    free(joined);
    strlist_free(&list);
    assert(list.count == 0);

    joined = strlist_join(&list, ", ");
    assert(strcmp(joined, "") == 0);
    free(joined);
    puts("all tests passed");
    return 0;
}
