#include "strlist.h"

#include <stdlib.h>
#include <string.h>

void strlist_init(StrList *list)
{
    list->items = NULL;
    list->count = 0;
    list->capacity = 0;
}

void strlist_free(StrList *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i]);
    }
    free(list->items);
    strlist_init(list);
}

static bool add_bytes(StrList *list, const char *bytes, size_t length)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 4;
        char **items = realloc(list->items, capacity * sizeof *items);
        if (items == NULL) {
            return false;
        }
        list->items = items;
        list->capacity = capacity;
    }
    char *copy = malloc(length + 1);
    if (copy == NULL) {
        return false;
    }
    memcpy(copy, bytes, length);
    copy[length] = '\0';
    list->items[list->count++] = copy;
    return true;
}

bool strlist_add(StrList *list, const char *text)
{
    return add_bytes(list, text, strlen(text));
}

bool strlist_split(StrList *list, const char *text, char separator)
{
    for (;;) {
        const char *end = strchr(text, separator);
        if (end == NULL) {
            return strlist_add(list, text);
        }
        if (!add_bytes(list, text, (size_t)(end - text))) {
            return false;
        }
        text = end + 1;
    }
}

long strlist_find(const StrList *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i], text) == 0) {
            return (long)i;
        }
    }
    return -1;
}
