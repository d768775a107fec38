package scenario.order;

import java.math.BigDecimal;

/**
 * What a customer ordered.
 *
 * @param id the order's number
 * @param customer who ordered
 * @param amount what it costs, with two decimals
 */
record Order(long id, String customer, BigDecimal amount) {}
