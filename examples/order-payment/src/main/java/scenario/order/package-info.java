/** An order service that publishes and a payment service that charges once. */
@NullMarked
package scenario.order;

import org.jspecify.annotations.NullMarked;
