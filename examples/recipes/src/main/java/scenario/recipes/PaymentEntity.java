package scenario.recipes;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/** A row of payments, for Hibernate. */
@Entity
@Table(name = "payments")
@SuppressWarnings("unused") // Hibernate reads the fields
class PaymentEntity {
  @Id
  @GeneratedValue(strategy = GenerationType.IDENTITY)
  private @Nullable Long id;

  @Column(name = "order_id")
  private long orderId;

  private BigDecimal amount = BigDecimal.ZERO;

  /** For Hibernate. */
  protected PaymentEntity() {}

  PaymentEntity(OrderCreated event) {
    this.orderId = event.orderId();
    this.amount = event.amount();
  }
}
