/* inline.h - where the compiler's own judgement of what to inline was measured to be wrong. */
#ifndef EQLI_INLINE_H
#define EQLI_INLINE_H

#if defined(__GNUC__)
#define EQLI_ALWAYS_INLINE inline __attribute__((always_inline))
#define EQLI_NEVER_INLINE __attribute__((noinline))
#else
#define EQLI_ALWAYS_INLINE inline
#define EQLI_NEVER_INLINE
#endif

#endif
