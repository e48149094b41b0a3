#include "strlist.h"

#include <assert.h>
#include <stdio.h>
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
    strlist_free(&list);
    assert(list.count == 0);
    puts("all tests passed");
    return 0;
}
