package scenario.recipes;

import java.math.BigDecimal;

/** An order of a customer who may order on credit, up to a limit. */
record Order(long id, String customer, BigDecimal amount) {}
