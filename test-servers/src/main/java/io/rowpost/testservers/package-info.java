/** Finds or starts the real servers that tests run on. */
@NullMarked
package io.rowpost.testservers;

import org.jspecify.annotations.NullMarked;
