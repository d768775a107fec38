/** Fault runs on real processes. */
@NullMarked
package io.rowpost.verification;

import org.jspecify.annotations.NullMarked;
