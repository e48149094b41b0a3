#ifndef STRLIST_H
#define STRLIST_H

#include <stdbool.h>
#include <stddef.h>

/* A list of strings that it owns. */
typedef struct {
    char **items;
    size_t count;
    size_t capacity;
} StrList;

void strlist_init(StrList *list);

void strlist_free(StrList *list);

/* Adds a copy of the text; false without memory. */
bool strlist_add(StrList *list, const char *text);

/* Adds the pieces of a text that stand between separators, empty ones too. */
bool strlist_split(StrList *list, const char *text, char separator);

/* Where the text is in the list, or -1. */
long strlist_find(const StrList *list, const char *text);

#endif
