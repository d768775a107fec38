/** Contract tests that every store and broker has to pass. */
@NullMarked
package io.rowpost.testkit;

import org.jspecify.annotations.NullMarked;
