-- old
++ both
select 1;
