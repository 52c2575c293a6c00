INSERT INTO shops (id, currency) VALUES
  ('berlin', 'EUR'), ('lisbon', 'EUR'), ('london', 'GBP'), ('oslo', 'NOK'), ('tokyo', 'JPY')
ON CONFLICT (id) DO NOTHING;
