package scenario.recipes;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.math.BigDecimal;

/** A row of orders, for Hibernate. */
@Entity
@Table(name = "orders")
@SuppressWarnings("unused") // Hibernate reads the fields
class OrderEntity {
  @Id private long id;
  private String customer = "";
  private BigDecimal amount = BigDecimal.ZERO;

  /** For Hibernate. */
  protected OrderEntity() {}

  OrderEntity(Order order) {
    this.id = order.id();
    this.customer = order.customer();
    this.amount = order.amount();
  }
}
