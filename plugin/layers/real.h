/* The arithmetic type of a layer or kernel file. Such a file is compiled twice, with -DATTR_REAL=float and with
 * -DATTR_REAL=double; R(name) makes the names of the two differ (name_f32, name_f64). The double one is the oracle of
 * the tests and of `darknet attribute check`. */
#ifndef ATTR_LAYERS_REAL_H
#define ATTR_LAYERS_REAL_H

#ifndef ATTR_REAL
#error "compile with -DATTR_REAL=float or -DATTR_REAL=double"
#endif

typedef ATTR_REAL real;

#define ATTR_SUFFIX_float(name)  name##_f32
#define ATTR_SUFFIX_double(name) name##_f64
#define ATTR_SUFFIX_(type, name) ATTR_SUFFIX_##type(name)
#define ATTR_SUFFIX(type, name)  ATTR_SUFFIX_(type, name)
#define R(name)                  ATTR_SUFFIX(ATTR_REAL, name)

#endif
