/* Reads settings of the form "key = value", one on a line. All of it is in this header. */
#ifndef KEYVAL_H
#define KEYVAL_H

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define KEYVAL_MAX 16
#define KEYVAL_LENGTH 40

struct KeyVal {
    int count;
    char keys[KEYVAL_MAX][KEYVAL_LENGTH];
    char values[KEYVAL_MAX][KEYVAL_LENGTH];
};

/* Copies text without the blanks around it; false if it is too long. */
static bool keyval_copy(char *to, const char *from, const char *end)
{
    while (from < end && isspace((unsigned char)*from)) {
        from++;
    }
    while (from < end && isspace((unsigned char)end[-1])) {
        end--;
    }
    size_t length = (size_t)(end - from);
    if (length >= KEYVAL_LENGTH) {
        return false;
    }
    memcpy(to, from, length);
    to[length] = '\0';
    return true;
}

static int keyval_index(const struct KeyVal *settings, const char *key)
{
    for (int i = 0; i < settings->count; i++) {
        if (strcmp(settings->keys[i], key) == 0) {
            return i;
        }
    }
    return -1;
}

/* Reads one line, which is no comment and not empty. */
static bool keyval_line(struct KeyVal *settings, const char *line, const char *end)
{
    char key[KEYVAL_LENGTH];
    char value[KEYVAL_LENGTH];
    const char *equals = memchr(line, '=', (size_t)(end - line));
    if (equals == NULL) {
        return false;
    }
    if (!keyval_copy(key, line, equals) || !keyval_copy(value, equals + 1, end)) {
        return false;
    }
    if (key[0] == '\0') {
        return false;
    }
    int index = keyval_index(settings, key);
    if (index < 0) {
        if (settings->count == KEYVAL_MAX) {
            return false;
        }
        index = settings->count++;
        strcpy(settings->keys[index], key);
    }
    strcpy(settings->values[index], value);
    return true;
}

/*
 * Reads settings from a text. A later setting of the same key wins, and lines that are empty or start with # are left
 * out. Returns false at the first line that is neither; the settings before it are kept.
 */
static bool keyval_parse(struct KeyVal *settings, const char *text)
{
    settings->count = 0;
    while (*text != '\0') {
        const char *end = strchr(text, '\n');
        if (end == NULL) {
            end = text + strlen(text);
        }
        const char *start = text;
        while (start < end && isspace((unsigned char)*start)) {
            start++;
        }
        if (start < end && *start != '#') {
            if (!keyval_line(settings, start, end)) {
                return false;
            }
        }
        text = *end == '\n' ? end + 1 : end;
    }
    return true;
}

/* The value of a key, or NULL. */
static const char *keyval_get(const struct KeyVal *settings, const char *key)
{
    int index = keyval_index(settings, key);
    return index < 0 ? NULL : settings->values[index];
}

#endif
