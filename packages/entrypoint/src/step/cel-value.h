// Values of CEL. They stay until the program ends: an expression is small, and evaluated once.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../both/buffer.h"

enum cel_kind { CEL_NULL, CEL_BOOL, CEL_INT, CEL_UINT, CEL_DOUBLE, CEL_STRING, CEL_TYPE, CEL_LIST, CEL_MAP };

struct cel_value {
    enum cel_kind kind;
    union {
        bool truth;
        int64_t integer;
        uint64_t natural;
        double number;
    };
    struct buffer text;       // of a string; of a type, its name
    struct cel_value *items;  // of a list; of a map, keys and values in turn
    size_t count;
};

// Work is counted, so that no expression takes long. False once it was too much, or with the first problem.
struct cel_work {
    size_t left;
    char *problem; // NULL: none yet
};
bool cel_fail(struct cel_work *work, char *problem);
bool cel_spend(struct cel_work *work, size_t amount);

bool cel_same(struct cel_work *work, const struct cel_value *a, const struct cel_value *b);
// -1, 0 or 1; -2 when one of them is no number, or they are not to be compared.
int cel_order(const struct cel_value *a, const struct cel_value *b);
// Conversions by the name of the type: "int", "uint", "double", "string", "bool".
bool cel_convert(struct cel_work *work, const char *type, const struct cel_value *from, struct cel_value *into);
// + - * / %
bool cel_compute(struct cel_work *work, char sign, const struct cel_value *a, const struct cel_value *b, struct cel_value *into);
const char *cel_type_name(enum cel_kind kind);
