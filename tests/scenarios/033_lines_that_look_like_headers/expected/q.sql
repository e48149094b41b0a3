++ new
++ both
select 1;
