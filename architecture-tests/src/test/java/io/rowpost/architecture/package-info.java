/** Rules on the shape of the code, and proofs that each of them can fail. */
@NullMarked
package io.rowpost.architecture;

import org.jspecify.annotations.NullMarked;
